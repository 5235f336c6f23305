// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/x"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestBoundHistogramsAreThoseOfMetricX: histograms of package bound have the
// interfaces of OpenTelemetry's own module, which the root module does not
// require, and do what it says that they do.
func TestBoundHistogramsAreThoseOfMetricX(t *testing.T) {
	t.Parallel()
	b := bound.New()
	mp, reader := newMeterProvider(b)
	t.Cleanup(func() { _ = mp.Shutdown(t.Context()) })
	h, err := b.MeterProvider(mp).Meter(instruments.ScopeName).Float64Histogram("size")
	if err != nil {
		t.Fatal(err)
	}
	binder, ok := h.(x.Float64HistogramBinder)
	if !ok {
		t.Fatalf("%T is no x.Float64HistogramBinder", h)
	}
	finisher, ok := h.(x.Finisher)
	if !ok {
		t.Fatalf("%T is no x.Finisher", h)
	}
	of := func(engine string) attribute.KeyValue { return attribute.String("engine", engine) }
	for engine, values := range map[string][]float64{"stays": {1, 2}, "ends": {4}} {
		series := binder.Bind(of(engine))
		for _, v := range values {
			series.Record(t.Context(), v)
		}
	}
	finisher.Finish(t.Context(), of("ends"))

	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	if len(rm.ScopeMetrics) != 1 || len(rm.ScopeMetrics[0].Metrics) != 1 {
		t.Fatalf("collected %+v, want one histogram", rm.ScopeMetrics)
	}
	want := attribute.NewSet(of("stays"))
	points := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints
	if len(points) != 1 || points[0].Count != 2 || points[0].Sum != 3 || !points[0].Attributes.Equals(&want) {
		t.Errorf("got points %+v, want two measurements of the series that was not finished", points)
	}
}
