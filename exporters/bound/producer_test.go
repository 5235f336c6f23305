// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestLeftToTheHost holds which instruments are the host's own.
func TestLeftToTheHost(t *testing.T) {
	b := bound.New(bound.WithViews(
		view("exponential", sdkmetric.Stream{
			Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 20, MaxScale: 5},
		}),
		view("exponential", sdkmetric.Stream{Name: "explicit"}),
	))
	reader := sdkmetric.NewManualReader()
	provider := b.MeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	m := provider.Meter(instruments.ScopeName)
	exponential, err := m.Float64Histogram("exponential")
	if err != nil {
		t.Fatal(err)
	}
	exponential.Record(ctx, 1)
	counter, err := m.Int64Counter("counter")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(ctx, 1)
	ints, err := m.Int64Histogram("ints")
	if err != nil {
		t.Fatal(err)
	}
	ints.Record(ctx, 1)
	newHistogram(t, m, "own", 1).Record(ctx, 1)
	another, err := provider.Meter("another").Float64Histogram("another")
	if err != nil {
		t.Fatal(err)
	}
	another.Record(ctx, 1)

	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, s := range rm.ScopeMetrics {
		for _, m := range s.Metrics {
			hosts = append(hosts, m.Name)
		}
	}
	slices.Sort(hosts)
	if want := []string{"another", "counter", "exponential", "ints"}; !slices.Equal(hosts, want) {
		t.Errorf("the host has %v, want %v", hosts, want)
	}
	if own := slices.Collect(maps.Keys(produce(t, b))); !slices.Equal(own, []string{"own"}) {
		t.Errorf("the producer has %v, want own", own)
	}
}

// TestScope holds that metrics come under the scope that their meter was asked
// for.
func TestScope(t *testing.T) {
	b := bound.New()
	attrs := attribute.NewSet(tenant)
	first := instrumentation.Scope{
		Name: instruments.ScopeName, Version: "1", SchemaURL: "https://example.com/schema", Attributes: attrs,
	}
	second := instrumentation.Scope{Name: instruments.ScopeName}
	provider := b.MeterProvider(nil)
	newHistogram(t, provider.Meter(first.Name, metric.WithInstrumentationVersion("1"),
		metric.WithSchemaURL(first.SchemaURL), metric.WithInstrumentationAttributes(tenant)), "h", 1).Record(ctx, 1)
	newHistogram(t, provider.Meter(second.Name), "h", 1).Record(ctx, 2)
	data, err := b.Produce(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) != 2 || data[0].Scope != first || data[1].Scope != second {
		t.Fatalf("the metrics are %v, want one in each scope", data)
	}
	want(t, "first", data[0].Metrics[0].Data, ": [1 0] 1")
	want(t, "second", data[1].Metrics[0].Data, ": [0 1] 2")
}

// TestNoHost holds that a producer works before a provider that is nil, or holds
// a nil pointer as the result of a failed constructor does.
func TestNoHost(t *testing.T) {
	var failed *sdkmetric.MeterProvider
	for _, host := range []metric.MeterProvider{nil, failed, noop.NewMeterProvider()} {
		b := bound.New(nil, bound.WithViews(nil, nil), bound.WithExemplarFilter(nil))
		m := b.MeterProvider(host).Meter(instruments.ScopeName)
		newHistogram(t, m, "h", 1).Record(ctx, 1)
		if _, err := m.Int64Counter("counter"); err != nil {
			t.Error(err)
		}
		if m := b.MeterProvider(host).Meter("another"); m == nil {
			t.Error("the meter of another scope is nil")
		}
		want(t, "own", produce(t, b)["h"], ": [1 0] 1")
	}
}

// TestProvidersOfOneHostAreEqual holds what package otelcache recognizes a
// provider by.
func TestProvidersOfOneHostAreEqual(t *testing.T) {
	host := sdkmetric.NewMeterProvider()
	b := bound.New()
	if !reflect.ValueOf(b.MeterProvider(host)).Comparable() {
		t.Fatal("the providers cannot be compared")
	}
	if b.MeterProvider(host) != b.MeterProvider(host) {
		t.Error("two providers of one host differ")
	}
	if b.MeterProvider(host) == bound.New().MeterProvider(host) ||
		b.MeterProvider(host) == b.MeterProvider(sdkmetric.NewMeterProvider()) {
		t.Error("providers of several producers or hosts are equal")
	}
}

// TestEnabled is false only for instruments that nobody gets anything of.
func TestEnabled(t *testing.T) {
	b := bound.New(bound.WithViews(
		view("dropped", drop),
		view("dropped.once", drop),
		view("dropped.once", sdkmetric.Stream{Name: "kept"}),
	))
	for name, want := range map[string]bool{"dropped": false, "dropped.once": true, "no.view": true} {
		h := newHistogram(t, meterOf(b), name, 1)
		s := h.Bind(engine(1))
		s.Record(ctx, 1, metric.WithAttributes(tenant))
		s.Record(ctx, 1)
		h.Finish(ctx, engine(2))
		if h.Enabled(ctx) != want || s.Enabled(ctx) != want {
			t.Errorf("%s: enabled is %t, bound %t; want %t", name, h.Enabled(ctx), s.Enabled(ctx), want)
		}
	}
	if all := produce(t, b); len(all) != 2 || all["kept"] == nil || all["no.view"] == nil {
		t.Errorf("the metrics are %v, want kept and no.view", all)
	}
}

// TestAggregationOfObservable holds that an observable keeps its aggregation,
// which is reported.
func TestAggregationOfObservable(t *testing.T) {
	reports := handled(t)
	b := bound.New(bound.WithViews(view("*", explicit(1))))
	observe := func(_ context.Context, o metric.Float64Observer) error {
		o.Observe(2.5)
		return nil
	}
	if _, err := meterOf(b).Float64ObservableGauge("gauge", metric.WithFloat64Callback(observe)); err != nil {
		t.Fatal(err)
	}
	want(t, "gauge", produce(t, b)["gauge"], ": 2.5")
	if got := reports(); len(got) != 1 || !strings.Contains(got[0], "gauge") {
		t.Errorf("the reports are %q, want one about gauge", got)
	}
}

// TestMemoryIsTheReaders writes over what a collection returned, as the SDK does
// that uses its memory again.
func TestMemoryIsTheReaders(t *testing.T) {
	b := bound.New(bound.WithViews(view("h", sdkmetric.Stream{AttributeFilter: attribute.NewAllowKeysFilter()})))
	m := meterOf(b)
	newHistogram(t, m, "h", 1, 2).Bind(tenant).Record(sampled(1), 1)
	c := newCounter(t, m, "c")
	register(t, m, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(c, 1)
		return nil
	}, c)
	for range 2 {
		all := produce(t, b)
		h := all["h"].(metricdata.Histogram[float64]).DataPoints
		want(t, "h", all["h"], ": [1 0 0] 1")
		if want := []float64{1, 2}; !slices.Equal(h[0].Bounds, want) {
			t.Errorf("the bounds are %v, want %v", h[0].Bounds, want)
		}
		e := h[0].Exemplars[0]
		if e.TraceID[15] != 1 || !slices.Equal(e.FilteredAttributes, []attribute.KeyValue{tenant}) {
			t.Errorf("the exemplar is %v, want trace 1 and %v", e, tenant)
		}
		want(t, "c", all["c"], ": 1")
		clear(h[0].Bounds)
		clear(h[0].BucketCounts)
		clear(e.TraceID)
		clear(e.SpanID)
		clear(e.FilteredAttributes)
		clear(h[0].Exemplars)
		clear(h)
		clear(all["c"].(metricdata.Sum[int64]).DataPoints)
	}
}

// TestBucketCountsDoNotOverlap appends to the counts of one point, which must not
// reach those of another.
func TestBucketCountsDoNotOverlap(t *testing.T) {
	b := bound.New()
	h := newHistogram(t, meterOf(b), "h", 1)
	h.Bind(engine(1)).Record(ctx, 1)
	h.Bind(engine(2)).Record(ctx, 1)
	data := produce(t, b)["h"].(metricdata.Histogram[float64])
	for _, p := range data.DataPoints {
		_ = append(p.BucketCounts, 99, 99)
	}
	want(t, "h", data, "engine=1: [1 0] 1", "engine=2: [1 0] 1")
}
