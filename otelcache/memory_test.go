// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"runtime"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// tenOperations makes ten operations: finished ones, a failed one and two that
// nobody ever finishes.
func tenOperations(ctx context.Context, m *otelcache.Monitor) {
	_, l := m.StartLookup(ctx, 100)
	l.Finish(50)
	rctx, r := m.StartRetrieve(ctx, 100)
	_, p := r.StartPhase(rctx, otelcache.ToGPU)
	p.End()
	r.Finish(50)
	_, s := m.StartStore(ctx, 100)
	s.Finish(otelcache.AllTokens)
	_, tr := m.StartTransfer(ctx, 100, "peer")
	tr.Finish()
	_, g := m.StartRemoteGet(ctx)
	g.Finish(100)
	_, l = m.StartLookup(ctx, 100)
	l.Fail(errBroken)
	m.StartRetrieve(ctx, 100)
	m.StartStore(ctx, 100)
	m.RecordEviction(1)
	if o, err := m.Observe(instruments.RemotePutTasks, func() float64 { return 1 }); err == nil {
		o.Unregister()
	}
}

// TestMemoryAndGoroutinesDoNotGrow compares the heap after ten thousand
// operations and after a million, with two cursors and a reader: one byte kept
// of each operation would be more than the margin.
func TestMemoryAndGoroutinesDoNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("a million operations take seconds")
	}
	const few, many, margin = 10_000, 1_000_000, 1 << 20
	goroutines := runtime.NumGoroutine()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())) // recorded spans are kept, by the test
	tel := newTelemetry(t, otelcache.WithTracerProvider(tp))
	cursor, idle := tel.Cursor(), tel.Cursor()
	made := 0
	heapAfter := func(operations int) int64 {
		for ; made < operations; made += 10 {
			tenOperations(context.Background(), tel.Monitor)
			if made%10_000 == 0 {
				cursor.Next()
				tel.collect(t)
			}
		}
		runtime.GC()
		runtime.GC() // the first one may leave sweeping to do
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	before := heapAfter(few)
	if after := heapAfter(many); after > before+margin {
		t.Errorf("the heap grew from %d to %d bytes, want at most %d more", before, after, margin)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, want the %d that there were before the monitor", n, goroutines)
	}
	if got := idle.Next().StoreRequests; got != 2*many/10 {
		t.Errorf("%d stores, want %d", got, 2*many/10)
	}
}
