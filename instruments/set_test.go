// SPDX-License-Identifier: Apache-2.0

package instruments_test

import (
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

func TestNewSetCreatesTheCatalog(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	set, err := instruments.NewSet(meter)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(set.Observables()), 25+8+1+42; got != want {
		t.Errorf("%d observables, want %d", got, want)
	}
	set.Histogram(instruments.RemoteGetDuration).Record(t.Context(), 0.012)
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	got := rm.ScopeMetrics[0].Metrics[0]
	want := instruments.RemoteGetDuration.Metric()
	if got.Name != want.Name || got.Unit != want.Unit || got.Description != want.Description {
		t.Errorf("collected %s [%s] %q", got.Name, got.Unit, got.Description)
	}
	point := got.Data.(metricdata.Histogram[float64]).DataPoints[0]
	if point.BucketCounts[3] != 1 || point.Bounds[3] != 0.02 {
		t.Errorf("12 ms in buckets %v of %v, want it in the one up to 0.02", point.BucketCounts, point.Bounds)
	}
}

func TestZeroHandles(t *testing.T) {
	set, err := instruments.NewSet(noop.Meter{})
	if err != nil {
		t.Fatal(err)
	}
	if set.Histogram(instruments.Histogram{}) != nil || set.ObservableGauge(instruments.ObservableGauge{}) != nil {
		t.Error("the zero handle has an instrument")
	}
	if name := (instruments.ObservableGauge{}).Metric().Name; name != "" {
		t.Errorf("the zero handle is %s", name)
	}
}

type refusingMeter struct{ noop.Meter }

var errRefused = errors.New("refused")

func (refusingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return noop.Float64Histogram{}, errRefused
}

func TestNewSetNamesWhatWasRefused(t *testing.T) {
	_, err := instruments.NewSet(refusingMeter{})
	if !errors.Is(err, errRefused) {
		t.Fatalf("error %v, want %v", err, errRefused)
	}
	if n := strings.Count(err.Error(), "instrument lmcache."); n != 20 {
		t.Errorf("%d instruments named, want all 20 histograms:\n%v", n, err)
	}
}
