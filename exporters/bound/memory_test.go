// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
)

func bytesInUse() int64 {
	runtime.GC()
	runtime.GC() // the first finds what the second frees
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// fleet is the histograms of a module and engines that come and go.
type fleet struct {
	*bound.Producer

	histograms []boundHistogram
	live       map[int]bool // what a callback observes
}

func newFleet(t testing.TB, histograms int) *fleet {
	f := &fleet{Producer: bound.New(), live: map[int]bool{}}
	m := meterOf(f.Producer)
	for i := range histograms {
		f.histograms = append(f.histograms, newHistogram(t, m, "h"+strconv.Itoa(i), eighteenBounds...))
	}
	c := newCounter(t, m, "c")
	register(t, m, func(_ context.Context, o metric.Observer) error {
		for n := range f.live {
			o.ObserveInt64(c, 1, metric.WithAttributes(attributesOf(n)...))
		}
		return nil
	}, c)
	return f
}

func attributesOf(n int) []attribute.KeyValue {
	return []attribute.KeyValue{engine(n), tenant, attribute.String("role", "worker"), attribute.String("served", "m")}
}

func (f *fleet) bind(n int) (all []metric.Float64Histogram) {
	f.live[n] = true
	for _, h := range f.histograms {
		all = append(all, h.Bind(attributesOf(n)...))
	}
	return all
}

func (f *fleet) finish(n int) {
	delete(f.live, n)
	for _, h := range f.histograms {
		h.Finish(ctx, attributesOf(n)...)
	}
}

// TestMemoryOfFinishedEngines compares the heap after a few engines and after
// many, one after the other and all at once.
func TestMemoryOfFinishedEngines(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 engines take seconds")
	}
	const few, many, margin = 1_000, 100_000, 256 << 10
	f := newFleet(t, 3)
	kept := f.bind(-1) // of an engine that outlives the others
	use := func(n int) {
		for _, h := range f.bind(n) {
			h.Record(sampled(n), float64(n%20))
		}
	}
	last := map[string]int{}
	heapAfter := func(first, next int) int64 {
		for n := first; n < next; n++ {
			use(n)
			if n%500 == 0 {
				last["series"] = len(texts(produce(t, f.Producer)["h0"]))
			}
			f.finish(n)
		}
		produce(t, f.Producer)
		return bytesInUse()
	}
	before := heapAfter(0, few)
	if after := heapAfter(few, many); after > before+margin {
		t.Errorf("one after the other: the heap grew from %d to %d bytes, want at most %d more", before, after, margin)
	}
	if last["series"] != 1 {
		t.Errorf("the last collection has %d series, want the one that was live", last["series"])
	}

	const atOnce = many / 5
	for n := range atOnce {
		use(n)
	}
	if n := len(texts(produce(t, f.Producer)["h0"])); n != atOnce {
		t.Errorf("%d series, want %d", n, atOnce)
	}
	for n := range atOnce {
		f.finish(n)
	}
	f.live = map[int]bool{-1: true} // a map keeps its size
	produce(t, f.Producer)
	produce(t, f.Producer) // a collection makes room for what the one before had
	if after := bytesInUse(); after > before+margin {
		t.Errorf("all at once: the heap grew from %d to %d bytes, want at most %d more", before, after, margin)
	}
	for _, h := range kept {
		h.Record(ctx, 2.5)
	}
	want(t, "the engine that is left", produce(t, f.Producer)["h2"],
		"engine=-1,role=worker,served=m,tenant=t: [0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0] 2.5")
}

// TestMemoryOfCollections holds that a collection leaves nothing behind that grows.
func TestMemoryOfCollections(t *testing.T) {
	const few, many, margin = 10, 300, 128 << 10
	f := newFleet(t, 3)
	for n := range 64 {
		for _, h := range f.bind(n) {
			h.Record(sampled(n), 1)
		}
	}
	heapAfter := func(collections int) int64 {
		for range collections {
			produce(t, f.Producer)
		}
		return bytesInUse()
	}
	before := heapAfter(few)
	after := heapAfter(many)
	runtime.KeepAlive(f)
	if after > before+margin {
		t.Errorf("the heap grew from %d to %d bytes, want at most %d more", before, after, margin)
	}
}

// TestMemoryOfUnusedEngine holds what an engine costs that is bound and not used.
func TestMemoryOfUnusedEngine(t *testing.T) {
	const engines, histograms, limit = 1_000, 42, 8 << 10
	f := newFleet(t, histograms)
	all := make([][]metric.Float64Histogram, engines)
	before := bytesInUse()
	for n := range engines {
		all[n] = f.bind(n)
	}
	each := (bytesInUse() - before) / engines
	t.Logf("%d bytes for %d histograms, beside the slice that the test keeps", each-histograms*16, histograms)
	if each > limit {
		t.Errorf("an unused engine costs %d bytes, want at most %d", each, limit)
	}
	runtime.KeepAlive(all)
}
