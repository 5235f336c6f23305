// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestMemoryAndGoroutinesDoNotGrow compares the heap after everything of feeds has
// happened a few times and many times, with two cursors, a reader and gauges that
// come and go: one byte kept of each event would be more than the margin.
func TestMemoryAndGoroutinesDoNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("a million events take seconds")
	}
	synctest.Test(t, func(t *testing.T) {
		const few, many, margin = 200, 5_000, 1 << 20 // more than 200 events a round
		goroutines := runtime.NumGoroutine()
		tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())) // the test keeps recorded spans
		tel := newTelemetry(t, append([]otelcache.Option{otelcache.WithTracerProvider(tp), tiersOption}, feedOptions...)...)
		defer tel.misuse.take() // tiers and calls without a tier feed the same
		cursor, idle := tel.Cursor(), tel.Cursor()
		rounds := 0
		heapAfter := func(n int) int64 {
			for ; rounds < n; rounds++ {
				for _, f := range feeds {
					f.feed(context.Background(), tel.Monitor)
				}
				if o, err := tel.Observe(instruments.RemotePutTasks, func() float64 { return 1 }); err == nil {
					o.Unregister()
				}
				if rounds%200 == 0 {
					cursor.Next()
					tel.collect(t)
				}
			}
			return bytesInUse()
		}
		before := heapAfter(few)
		if after := heapAfter(many); after > before+margin {
			t.Errorf("the heap grew from %d to %d bytes, want at most %d more", before, after, margin)
		}
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%d goroutines, want the %d that there were before the monitor", n, goroutines)
		}
		var evictions int64
		for _, f := range feeds {
			evictions += many * tokensOf(f.want)["lmcache.local_cpu.evictions"]
		}
		if got := idle.Next().LocalCPUEvictions; got != evictions {
			t.Errorf("%d evictions, want %d", got, evictions)
		}
	})
}

// TestMemoryOfAMonitor holds what a monitor takes, what its first cursor adds, and
// what a cursor takes that has values of every metric.
func TestMemoryOfAMonitor(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory")
	}
	synctest.Test(t, func(t *testing.T) {
		const n, few, quarterMegabyte = 20, 16 << 10, 250_000
		monitors, cursors := make([]*otelcache.Monitor, n), make([]*otelcache.Cursor, n)
		each := func(what string, most int64, make func(i int)) {
			before := bytesInUse()
			for i := range n {
				make(i)
			}
			got := (bytesInUse() - before) / n
			t.Logf("%s: %d bytes", what, got)
			if got > most {
				t.Errorf("%s takes %d bytes, want at most %d, or another figure in the comments", what, got, most)
			}
		}
		each("a monitor", few, func(i int) {
			monitors[i] = openMonitor(t, otelcache.Engine{WorkerID: strconv.Itoa(i)}, noProviders...)
			for _, f := range feeds {
				f.feed(context.Background(), monitors[i])
			}
		})
		each("the first cursor of a monitor", quarterMegabyte, func(i int) { cursors[i] = monitors[i].Cursor() })
		each("what a cursor has seen", quarterMegabyte, func(i int) {
			for _, f := range feeds {
				f.feed(context.Background(), monitors[i])
			}
			cursors[i].Next()
		})
		runtime.KeepAlive(cursors)
	})
}
