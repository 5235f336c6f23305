// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

func newCounter(t testing.TB, m metric.Meter, name string) metric.Int64ObservableCounter {
	t.Helper()
	c, err := m.Int64ObservableCounter(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func register(t testing.TB, m metric.Meter, f metric.Callback, observables ...metric.Observable) metric.Registration {
	t.Helper()
	r, err := m.RegisterCallback(f, observables...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCallbackThatFails holds that a callback that panics or returns an error
// keeps what it observed before, and loses nothing of others.
func TestCallbackThatFails(t *testing.T) {
	b := bound.New()
	m := meterOf(b)
	newHistogram(t, m, "h", 1).Record(ctx, 1)
	c := newCounter(t, m, "c")
	broken := errors.New("broken")
	register(t, m, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(c, 1, metric.WithAttributes(engine(1)))
		panic("at the disco")
	}, c)
	register(t, m, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(c, 2, metric.WithAttributes(engine(2)))
		return broken
	}, c)
	register(t, m, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(c, 3, metric.WithAttributes(engine(3)))
		return nil
	}, c)
	data, err := b.Produce(ctx)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "at the disco") {
		t.Errorf("the error is %v, want one that joins both", err)
	}
	all := byName(t, data)
	want(t, "histogram", all["h"], ": [1 0] 1")
	want(t, "counter", all["c"], "engine=1: 1", "engine=2: 2", "engine=3: 3")
}

// TestObservationsOfOneCollection holds that what is not observed is gone, that a
// series that is observed twice adds up, and what a collection leaves out.
func TestObservationsOfOneCollection(t *testing.T) {
	reports := handled(t)
	b := bound.New(bound.WithViews(
		view("dropped", drop)))
	m := meterOf(b)
	c, unregistered, dropped := newCounter(t, m, "c"), newCounter(t, m, "unregistered"), newCounter(t, m, "dropped")
	foreign := newCounter(t, sdkmetric.NewMeterProvider().Meter("another"), "c")
	engines := []int{1, 2, 1}
	var observer metric.Observer
	register(t, m, func(_ context.Context, o metric.Observer) error {
		observer = o
		for _, e := range engines {
			o.ObserveInt64(c, 5, metric.WithAttributes(engine(e)))
		}
		o.ObserveInt64(dropped, 1)
		o.ObserveInt64(unregistered, 1)
		o.ObserveInt64(foreign, 1)
		o.ObserveInt64(nil, 1)
		o.ObserveFloat64(nil, 1)
		return nil
	}, c, dropped)
	all := produce(t, b)
	want(t, "first collection", all["c"], "engine=1: 10", "engine=2: 5")
	if len(all) != 1 {
		t.Errorf("the metrics are %v, want c alone", all)
	}
	for _, about := range []string{"unregistered", "foreign"} {
		if !slices.ContainsFunc(reports(), func(s string) bool { return strings.Contains(s, about) }) {
			t.Errorf("the reports are %q, want one about what is %s", reports(), about)
		}
	}
	if n := len(reports()); n != 4 { // all but those of c and dropped
		t.Errorf("%d reports, want 4: %q", n, reports())
	}

	engines = []int{2}
	observer.ObserveInt64(c, 100, metric.WithAttributes(engine(9))) // of a collection that has ended
	want(t, "second collection", produce(t, b)["c"], "engine=2: 5")
	engines = nil
	if all := produce(t, b); len(all) != 0 {
		t.Errorf("the metrics are %v, want none", all)
	}
}

// TestCallbackOfDroppedInstruments is not called, as by the SDK.
func TestCallbackOfDroppedInstruments(t *testing.T) {
	b := bound.New(bound.WithViews(
		view("c", drop)))
	m := meterOf(b)
	register(t, m, func(context.Context, metric.Observer) error {
		t.Error("it is called")
		return nil
	}, newCounter(t, m, "c"))
	produce(t, b)
}

// TestObserverAfterCollection observes with the observer of a collection that has
// ended, while its reader uses what it got.
func TestObserverAfterCollection(t *testing.T) {
	b := bound.New()
	m := meterOf(b)
	c := newCounter(t, m, "c")
	var wg sync.WaitGroup
	register(t, m, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(c, 1)
		wg.Go(func() {
			for range 1000 {
				o.ObserveInt64(c, 0)
			}
		})
		return nil
	}, c)
	for range 10 {
		want(t, "c", produce(t, b)["c"], ": 1")
	}
	wg.Wait()
}

// TestStartOfObservations holds that a series starts before its first observation
// and starts anew after a collection without it.
func TestStartOfObservations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
		b := bound.New()
		m := meterOf(b)
		c := newCounter(t, m, "c")
		var engines []int
		register(t, m, func(_ context.Context, o metric.Observer) error {
			for _, e := range engines {
				o.ObserveInt64(c, 1, metric.WithAttributes(engine(e)))
			}
			return nil
		}, c)
		for _, step := range []struct {
			engines []int
			starts  map[int]int // of an engine, in seconds
		}{
			{[]int{1}, map[int]int{1: 0}},
			{[]int{1, 2}, map[int]int{1: 0, 2: 1}},
			{[]int{2, 1}, map[int]int{1: 0, 2: 1}},
			{[]int{2}, map[int]int{2: 1}},
			{[]int{1, 2}, map[int]int{1: 4, 2: 1}},
			{nil, nil},
			{[]int{1, 2}, map[int]int{1: 6, 2: 6}},
		} {
			time.Sleep(time.Second)
			engines = step.engines
			sum, _ := produce(t, b)["c"].(metricdata.Sum[int64])
			for _, p := range sum.DataPoints {
				e, _ := p.Attributes.Value("engine")
				want := at(step.starts[int(e.AsInt64())])
				if !p.StartTime.Equal(want) || !p.Time.Equal(time.Now()) {
					t.Errorf("after %v: engine %d starts at %v and is of %v, want %v and now",
						time.Since(began), e.AsInt64(), p.StartTime, p.Time, want)
				}
			}
			if len(sum.DataPoints) != len(step.starts) {
				t.Errorf("after %v: %d points, want %d", time.Since(began), len(sum.DataPoints), len(step.starts))
			}
		}
	})
}

// TestOverlappingCollectionsKeepStarts lets a collection that has not seen an
// engine end after one that has.
func TestOverlappingCollectionsKeepStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bound.New()
		m := meterOf(b)
		c := newCounter(t, m, "c")
		exists := false
		register(t, m, func(ctx context.Context, o metric.Observer) error {
			if exists {
				o.ObserveInt64(c, 1)
			} else {
				time.Sleep(time.Minute)
			}
			return nil
		}, c)
		start := func() time.Time { return produce(t, b)["c"].(metricdata.Sum[int64]).DataPoints[0].StartTime }
		began := time.Now()
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		wg.Go(func() { produce(t, b) })
		synctest.Wait() // it sleeps now
		exists = true
		time.Sleep(time.Second)
		first := start()
		wg.Wait()
		time.Sleep(time.Second)
		if second := start(); !first.Equal(began) || !second.Equal(began) {
			t.Errorf("the series starts at %v, then %v, want %v", first, second, began)
		}
	})
}

// TestCallbackMayCallEverything calls, in a callback, what takes locks of the
// producer.
func TestCallbackMayCallEverything(t *testing.T) {
	b := bound.New()
	m := meterOf(b)
	c := newCounter(t, m, "c")
	h := newHistogram(t, m, "h", 1)
	var first, second metric.Registration
	second = noop.Registration{}
	nested := 0
	first = register(t, m, func(context.Context, metric.Observer) error {
		if nested++; nested > 1 {
			return nil
		}
		made := newCounter(t, meterOf(b), "made")
		second = register(t, m, func(_ context.Context, o metric.Observer) error {
			o.ObserveInt64(made, 7)
			return second.Unregister()
		}, made)
		newHistogram(t, m, "made.histogram", 1).Bind(engine(1)).Record(ctx, 1)
		h.Record(ctx, 1)
		h.Bind(engine(1)).Record(ctx, 1)
		h.Finish(ctx, engine(1))
		produce(t, b)
		return first.Unregister()
	}, c)
	produce(t, b)
	all := produce(t, b)
	want(t, "made in a callback", all["made"])
	if nested != 2 {
		t.Errorf("the callback was called %d times, want 2: by the collection, and by the one in it", nested)
	}
	if all = produce(t, b); len(all) != 2 {
		t.Errorf("the metrics are %v, want both histograms", all)
	}
	want(t, "recorded in a callback", all["h"], ": [1 0] 1")
}

// TestBlockedCallback holds up one collection, and does everything else meanwhile.
func TestBlockedCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bound.New()
		m := meterOf(b)
		h := newHistogram(t, m, "h", 1)
		c := newCounter(t, m, "c")
		release := make(chan struct{})
		blocked := register(t, m, func(context.Context, metric.Observer) error {
			<-release
			return nil
		}, c)
		later := 0
		after := register(t, m, func(context.Context, metric.Observer) error {
			later++
			return nil
		}, c)
		var wg sync.WaitGroup
		wg.Go(func() { produce(t, b) })
		synctest.Wait()

		for _, r := range []metric.Registration{blocked, after} {
			if err := r.Unregister(); err != nil {
				t.Error(err)
			}
		}
		h.Bind(engine(1)).Record(ctx, 1)
		h.Finish(ctx, engine(1))
		h.Record(ctx, 2)
		newHistogram(t, m, "i", 1)
		register(t, m, func(_ context.Context, o metric.Observer) error {
			o.ObserveInt64(c, 1)
			return nil
		}, c)
		all := produce(t, b)
		want(t, "another collection's histogram", all["h"], ": [0 1] 2")
		want(t, "another collection's counter", all["c"], ": 1")
		close(release)
		wg.Wait()
		if later != 0 {
			t.Error("the collection called a callback that was unregistered before its turn")
		}
	})
}

// TestHistogramsAreReadBeforeCallbacks holds that a collection is a snapshot: what
// happens while callbacks run is in the next one.
func TestHistogramsAreReadBeforeCallbacks(t *testing.T) {
	b := bound.New()
	m := meterOf(b)
	c := newCounter(t, m, "c")
	register(t, m, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(c, 1)
		newHistogram(t, m, "h", 1).Record(ctx, 1)
		return nil
	}, c)
	h := newHistogram(t, m, "h", 1)
	want(t, "first collection", produce(t, b)["h"])
	want(t, "second collection", produce(t, b)["h"], ": [1 0] 1")
	h.Finish(ctx)
}

// TestRegisterCallbackRefuses holds which registrations are errors, and that what
// comes with an error can be unregistered.
func TestRegisterCallbackRefuses(t *testing.T) {
	b := bound.New()
	m := meterOf(b)
	own := newCounter(t, m, "own")
	foreign := newCounter(t, sdkmetric.NewMeterProvider().Meter(instruments.ScopeName), "foreign")
	meterOf2 := b.MeterProvider(nil).Meter(instruments.ScopeName, metric.WithInstrumentationVersion("2"))
	otherMeter := newCounter(t, meterOf2, "other")
	calls := 0
	f := func(_ context.Context, o metric.Observer) error {
		calls++
		o.ObserveInt64(own, 1)
		return nil
	}
	for what, with := range map[string][]metric.Observable{
		"foreign": {foreign}, "nil": {nil}, "of another meter": {otherMeter},
	} {
		r, err := m.RegisterCallback(f, with...)
		if err == nil {
			t.Errorf("an instrument that is %s is no error", what)
		}
		produce(t, b)
		if calls > 0 {
			t.Errorf("the callback with an instrument that is %s is called", what)
		}
		if err := r.Unregister(); err != nil {
			t.Error(err)
		}
	}
	r, err := m.RegisterCallback(nil, own)
	if err == nil {
		t.Error("a nil callback is no error")
	}
	if err := r.Unregister(); err != nil {
		t.Error(err)
	}
	if r, err = m.RegisterCallback(f, foreign, own); err == nil {
		t.Error("a foreign instrument beside an own one is no error")
	}
	want(t, "own", produce(t, b)["own"], ": 1")
	for range 2 {
		if err := r.Unregister(); err != nil {
			t.Error(err)
		}
	}
	if all := produce(t, b); len(all) != 0 {
		t.Errorf("after Unregister there are %v, want nothing", all)
	}
}

// TestEndedContext is an error, as for the SDK.
func TestEndedContext(t *testing.T) {
	b := bound.New()
	newHistogram(t, meterOf(b), "h", 1).Record(ctx, 1)
	ended, end := context.WithCancel(ctx)
	end()
	if data, err := b.Produce(ended); data != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v; want nothing, and the context's error", data, err)
	}
}
