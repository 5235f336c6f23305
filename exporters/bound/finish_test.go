// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

var ctx = context.Background()

// TestFinishedSeriesIsLost records through all instruments that there were before
// a series ended.
func TestFinishedSeriesIsLost(t *testing.T) {
	b := bound.New()
	h := newHistogram(t, meterOf(b), "h", 1)
	first, again := h.Bind(engine(1), tenant), h.Bind(tenant, engine(1))
	other, unused := h.Bind(engine(2)), h.Bind(engine(3))
	first.Record(ctx, 0.5)
	again.Record(ctx, 2)
	other.Record(ctx, 1)
	want(t, "before", produce(t, b)["h"], "engine=1,tenant=t: [1 1] 2.5", "engine=2: [1 0] 1")

	h.Finish(ctx, engine(1))         // another series
	h.Finish(ctx, tenant, engine(1)) // in another order
	h.Finish(ctx, engine(1), tenant) // for the second time
	h.Finish(ctx, engine(3))
	want(t, "finished", produce(t, b)["h"], "engine=2: [1 0] 1")
	for _, i := range []metric.Float64Histogram{first, again, unused} {
		i.Record(ctx, 1)
		i.Record(ctx, 1, metric.WithAttributes(attribute.Bool("more", true)))
	}
	want(t, "recorded later", produce(t, b)["h"], "engine=2: [1 0] 1")
}

// TestFinishedSeriesBeginsAnew holds that a series that is bound again, or
// recorded to without Bind, starts with nothing.
func TestFinishedSeriesBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bound.New()
		h := newHistogram(t, meterOf(b), "h", 1)
		start := func() time.Time {
			return produce(t, b)["h"].(metricdata.Histogram[float64]).DataPoints[0].StartTime
		}
		before := h.Bind(engine(1))
		began := time.Now()
		time.Sleep(time.Second)
		before.Record(ctx, 1)
		time.Sleep(time.Second)
		if got := start(); !got.Equal(began) {
			t.Errorf("the series starts at %v, want %v, when it was bound", got, began)
		}

		h.Finish(ctx, engine(1))
		time.Sleep(time.Second)
		began = time.Now()
		after := h.Bind(engine(1))
		time.Sleep(time.Second)
		after.Record(ctx, 3)
		before.Record(ctx, 1)
		want(t, "bound again", produce(t, b)["h"], "engine=1: [0 1] 3")
		if got := start(); !got.Equal(began) {
			t.Errorf("the series starts at %v, want %v, when it was bound again", got, began)
		}

		h.Finish(ctx, engine(1))
		time.Sleep(time.Second)
		began = time.Now()
		h.Record(ctx, 4, metric.WithAttributes(engine(1)))
		want(t, "recorded without Bind", produce(t, b)["h"], "engine=1: [0 1] 4")
		if got := start(); !got.Equal(began) {
			t.Errorf("the series starts at %v, want %v, when it was recorded to", got, began)
		}
	})
}

// TestFinishOfOneUser holds that a series into which a view merges several ends
// with the last of them.
func TestFinishOfOneUser(t *testing.T) {
	noEngine := attribute.NewDenyKeysFilter("engine")
	b := bound.New(bound.WithViews(
		view("h", sdkmetric.Stream{Name: "merged", AttributeFilter: noEngine}),
		view("h", sdkmetric.Stream{Name: "apart"}),
		view("i", sdkmetric.Stream{Name: "merged", AttributeFilter: noEngine}),
	))
	m := meterOf(b)
	h, i := newHistogram(t, m, "h", 1), newHistogram(t, m, "i", 1)
	h1, h2, i1 := h.Bind(engine(1), tenant), h.Bind(engine(2), tenant), i.Bind(engine(1), tenant)
	for _, s := range []metric.Float64Histogram{h1, h2, i1} {
		s.Record(ctx, 1)
	}
	all := produce(t, b)
	want(t, "merged", all["merged"], "tenant=t: [3 0] 3")
	want(t, "apart", all["apart"], "engine=1,tenant=t: [1 0] 1", "engine=2,tenant=t: [1 0] 1")

	h.Finish(ctx, engine(1), tenant)
	h1.Record(ctx, 1)
	h2.Record(ctx, 1)
	all = produce(t, b)
	want(t, "merged, one finished", all["merged"], "tenant=t: [4 0] 4")
	want(t, "apart, one finished", all["apart"], "engine=2,tenant=t: [2 0] 2")

	h.Finish(ctx, engine(2), tenant)
	i1.Record(ctx, 1)
	h2.Record(ctx, 1)
	all = produce(t, b)
	want(t, "merged, one left", all["merged"], "tenant=t: [5 0] 5")
	want(t, "apart, all finished", all["apart"])

	i.Finish(ctx, engine(1), tenant)
	i1.Record(ctx, 1)
	h.Bind(engine(3), tenant).Record(ctx, 1)
	want(t, "merged, begun anew", produce(t, b)["merged"], "tenant=t: [1 0] 1")
}

// TestFinishConcurrentSafe lets a series end while it is recorded to, read and
// bound. What is there in the end must not come from an instrument of before.
func TestFinishConcurrentSafe(t *testing.T) {
	const rounds, recorders = 300, 4
	b := bound.New(bound.WithViews(
		view("h", sdkmetric.Stream{Name: "merged", AttributeFilter: attribute.NewAllowKeysFilter()}),
		view("h", sdkmetric.Stream{Name: "apart"}),
	))
	h := newHistogram(t, meterOf(b), "h", 1)
	for range rounds {
		s := h.Bind(engine(1))
		var wg sync.WaitGroup
		for range recorders {
			wg.Go(func() {
				for range 20 {
					s.Record(ctx, 1)
				}
			})
		}
		wg.Go(func() { h.Finish(ctx, engine(1)) })
		wg.Go(func() { produce(t, b) })
		wg.Wait()
		s.Record(ctx, 1)
		if all := produce(t, b); len(all) != 0 {
			t.Fatalf("after the end there are %v, want nothing", all)
		}
	}
}

// TestBindConcurrentSafe holds that goroutines that bind the same attributes at
// once get the same instrument: what only one of them has would be lost.
func TestBindConcurrentSafe(t *testing.T) {
	const rounds, binders = 20_000, 2
	h := newHistogram(t, meterOf(bound.New()), "h", 1)
	for round := range rounds {
		var got [binders]metric.Float64Histogram
		var ready atomic.Int32
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				ready.Add(1)
				for range 1000 {
					if ready.Load() == binders {
						break
					}
				}
				got[i] = h.Bind(engine(round))
			})
		}
		wg.Wait()
		for _, other := range got {
			if other != got[0] {
				t.Fatalf("round %d: the instruments differ", round)
			}
		}
	}
}

// TestAttributesStayTheCallers holds that no method writes to the attributes that
// it is given, which the caller may use in several goroutines, nor keeps them.
func TestAttributesStayTheCallers(t *testing.T) {
	b := bound.New()
	h := newHistogram(t, meterOf(b), "h", 1)
	attrs := []attribute.KeyValue{tenant, engine(1)}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { h.Bind(attrs...).Record(ctx, 1) })
		wg.Go(func() { h.Finish(ctx, attrs...) })
	}
	wg.Wait()
	if !slices.Equal(attrs, []attribute.KeyValue{tenant, engine(1)}) {
		t.Errorf("the caller's attributes are %v, want them as they were", attrs)
	}
	h.Finish(ctx, attrs...)
	s := h.Bind(attrs...)
	attrs[1] = engine(2)
	s.Record(ctx, 1)
	want(t, "bound before the change", produce(t, b)["h"], "engine=1,tenant=t: [1 0] 1")
}

// TestAttributesOfBoundInstrument adds attributes to those that are bound.
func TestAttributesOfBoundInstrument(t *testing.T) {
	b := bound.New()
	h := newHistogram(t, meterOf(b), "h", 1)
	s := h.Bind(engine(1), tenant)
	s.Record(ctx, 1, metric.WithAttributes(engine(2)))
	s.Record(ctx, 1, metric.WithAttributes(attribute.Bool("more", true)))
	s.Record(ctx, 1, metric.WithAttributes(engine(1)))
	want(t, "with options", produce(t, b)["h"],
		"engine=1,more=true,tenant=t: [1 0] 1", "engine=1,tenant=t: [1 0] 1", "engine=2,tenant=t: [1 0] 1")
	h.Finish(ctx, engine(2), tenant)
	want(t, "one of them finished", produce(t, b)["h"],
		"engine=1,more=true,tenant=t: [1 0] 1", "engine=1,tenant=t: [1 0] 1")
}

// TestSameInstrument holds that an instrument that is asked for again is the one
// that there is, whichever host's provider it comes from.
func TestSameInstrument(t *testing.T) {
	b := bound.New()
	newHistogram(t, meterOf(b), "h", 1).Bind(engine(1)).Record(ctx, 1)
	other := b.MeterProvider(sdkmetric.NewMeterProvider()).Meter(instruments.ScopeName)
	newHistogram(t, other, "h").Bind(engine(1)).Record(ctx, 1)
	want(t, "both", produce(t, b)["h"], "engine=1: [2 0] 2")
	newHistogram(t, other, "h").Finish(ctx, engine(1))
	if all := produce(t, b); len(all) != 0 {
		t.Errorf("after the end there are %v, want nothing", all)
	}
}

// TestFinishedInACollection ends a series after its histogram was read, and
// begins it anew: neither is in the collection, whose counters are the new one's.
func TestFinishedInACollection(t *testing.T) {
	b := bound.New()
	m := meterOf(b)
	h := newHistogram(t, m, "h", 1)
	h.Bind(engine(1)).Record(ctx, 0.5)
	h.Bind(engine(2)).Record(ctx, 0.5)
	started, err := m.Int64ObservableCounter("started")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		h.Finish(ctx, engine(1))
		h.Bind(engine(1)).Record(ctx, 2)
		o.ObserveInt64(started, 1, metric.WithAttributes(engine(1)))
		return nil
	}, started); err != nil {
		t.Fatal(err)
	}
	want(t, "finished meanwhile", produce(t, b)["h"], "engine=2: [1 0] 0.5")
}
