// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// binder and finisher are Float64HistogramBinder and Finisher of
// go.opentelemetry.io/otel/metric/x 0.69.
type (
	binder interface {
		Bind(attrs ...attribute.KeyValue) metric.Float64Histogram
	}
	finisher interface {
		Finish(ctx context.Context, attrs ...attribute.KeyValue)
	}
)

// boundHistogram is a histogram with both.
type boundHistogram interface {
	metric.Float64Histogram
	binder
	finisher
}

func meterOf(b *bound.Producer) metric.Meter {
	return b.MeterProvider(nil).Meter(instruments.ScopeName)
}

func newHistogram(t testing.TB, m metric.Meter, name string, bounds ...float64) boundHistogram {
	t.Helper()
	h, err := m.Float64Histogram(name, metric.WithExplicitBucketBoundaries(bounds...))
	if err != nil {
		t.Fatal(err)
	}
	return h.(boundHistogram)
}

// view returns a view of the instruments with a name, or a pattern.
func view(name string, mask sdkmetric.Stream) sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Name: name}, mask)
}

// explicit and drop are streams with an aggregation.
func explicit(bounds ...float64) sdkmetric.Stream {
	return sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: bounds}}
}

var drop = sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}

func engine(n int) attribute.KeyValue { return attribute.Int("engine", n) }

var tenant = attribute.String("tenant", "t")

// produce returns the metrics of a collection by their name. All must be of one
// scope.
func produce(t testing.TB, b *bound.Producer) map[string]metricdata.Aggregation {
	t.Helper()
	data, err := b.Produce(context.Background())
	if err != nil {
		t.Error(err)
	}
	return byName(t, data)
}

func byName(t testing.TB, data []metricdata.ScopeMetrics) map[string]metricdata.Aggregation {
	t.Helper()
	all := map[string]metricdata.Aggregation{}
	for _, s := range data {
		if s.Scope != data[0].Scope {
			t.Errorf("the scopes %v and %v, want one", s.Scope, data[0].Scope)
		}
		for _, m := range s.Metrics {
			if all[m.Name] != nil {
				t.Errorf("the metric %s is there twice", m.Name)
			}
			all[m.Name] = m.Data
		}
	}
	return all
}

// texts returns the points of a metric: their attributes and values.
func texts(a metricdata.Aggregation) []string {
	var all []string
	switch a := a.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range a.DataPoints {
			all = append(all, fmt.Sprintf("%s: %v %v", encode(p.Attributes), p.BucketCounts, p.Sum))
		}
	case metricdata.Sum[int64]:
		all = numbers(a.DataPoints)
	case metricdata.Sum[float64]:
		all = numbers(a.DataPoints)
	case metricdata.Gauge[int64]:
		all = numbers(a.DataPoints)
	case metricdata.Gauge[float64]:
		all = numbers(a.DataPoints)
	}
	slices.Sort(all)
	return all
}

func numbers[N int64 | float64](points []metricdata.DataPoint[N]) (all []string) {
	for _, p := range points {
		all = append(all, fmt.Sprintf("%s: %v", encode(p.Attributes), p.Value))
	}
	return all
}

func encode(set attribute.Set) string { return set.Encoded(attribute.DefaultEncoder()) }

func want(t testing.TB, what string, got metricdata.Aggregation, points ...string) {
	t.Helper()
	if !slices.Equal(texts(got), points) {
		t.Errorf("%s: points %q, want %q", what, texts(got), points)
	}
}

// sampled returns a context with a sampled span of this number.
func sampled(n int) context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{14: byte(n >> 8), 15: byte(n)}, SpanID: trace.SpanID{6: byte(n >> 8), 7: byte(n)},
		TraceFlags: trace.FlagsSampled,
	}))
}

// handled returns what is reported to OpenTelemetry's handler during a test.
func handled(t *testing.T) func() []string {
	t.Helper()
	before := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	var mu sync.Mutex
	var all []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, err.Error())
	}))
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}
