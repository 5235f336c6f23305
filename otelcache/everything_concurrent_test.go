// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const (
	everyGoroutines = 8
	everyRounds     = 66 // a multiple of the number of endings
)

// everything is shared by the goroutines of TestEverythingPublicConcurrentSafe.
// Its operations are of the round.
type everything struct {
	*telemetry
	t           *testing.T
	cursor      *otelcache.Cursor
	stats       *otelcache.StatsLogger
	seen        atomic.Int64 // by the cursor
	observation *otelcache.Observation
	fedBy       totals         // by the calls
	ended       map[string]int // spans

	lookup   otelcache.Lookup
	retrieve otelcache.Retrieve
	store    otelcache.Store
	transfer otelcache.Transfer
	get      otelcache.RemoteGet
	put      otelcache.RemotePut
}

// TestEverythingPublicConcurrentSafe calls every exported method from eight
// goroutines at once, with a scrape, and checks that nothing is lost and nothing
// counts twice. A method that is not in the tables of calls is an error.
func TestEverythingPublicConcurrentSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		e := &everything{telemetry: newTelemetry(t, feedOptions...), t: t, fedBy: totals{}, ended: map[string]int{}}
		e.cursor = e.Cursor()
		var logged int64
		var err error
		e.stats, err = otelcache.NewStatsLogger(e.Monitor, 10*everyTick, otelcache.WithSink(func(s otelcache.Stats) {
			logged += s.LocalCPUEvictedKeys
		}))
		if err != nil {
			t.Fatal(err)
		}
		running, endings := whileRunning(t), []calls{whenFinished, whenFailed(), whenAbandoned()}
		wantEveryMethodCalled(t, append(endings, running, atShutdown, atClose)...)
		for round := range everyRounds {
			atStart.do(ctx, e)
			e.together(ctx, running)
			time.Sleep(everyTick)
			e.together(ctx, endings[round%len(endings)])
		}
		e.expect(atStart, everyRounds)
		for _, c := range running {
			e.expect(c, everyRounds*everyGoroutines)
		}
		for _, all := range endings {
			for _, c := range all {
				e.expect(c, everyRounds/len(endings)) // one of the goroutines
			}
		}
		if errs := e.misuse.take(); len(errs) != 2 { // each mistake once in ten seconds
			t.Errorf("got the reports %v, want one of operations that finish again and one of wrong phases", errs)
		}
		fed := totals{}
		fed.add(e.fed(t), 1)
		wantPoints(t, fed.text(), e.fedBy.text())
		ended := map[string]int{}
		for _, s := range e.spans.Ended() {
			ended[s.Name()]++
		}
		if !maps.Equal(ended, e.ended) {
			t.Errorf("ended spans %v, want %v", ended, e.ended)
		}
		e.together(ctx, atShutdown)
		e.seen.Add(e.cursor.Next().LocalCPUEvictedKeys)
		evicted := int64(e.fedBy["lmcache.local_cpu.evicted_keys"].sum)
		if e.seen.Load() != evicted || logged != evicted {
			t.Errorf("the cursor saw %d evicted keys, the logger %d, want %d", e.seen.Load(), logged, evicted)
		}
		e.together(ctx, atClose)
		for name, value := range e.collect(t) {
			if m, _ := instruments.Lookup(name); m.Kind == instruments.KindCounter || m.Kind == instruments.KindGauge {
				t.Errorf("%s is %s after Close", name, value)
			}
		}
	})
}

// expect adds what n calls feed and end.
func (e *everything) expect(c call, n int) {
	e.fedBy.add(c.feeds, n)
	for _, span := range c.spans {
		e.ended[span] += n
	}
}

// wantEveryMethodCalled checks that the calls are those of all methods there are.
func wantEveryMethodCalled(t *testing.T, tables ...calls) {
	t.Helper()
	called := calls{}
	for _, c := range tables {
		maps.Copy(called, c)
	}
	for name, typ := range exportedTypes(t) {
		switch typ {
		case reflect.TypeFor[otelcache.Phase](): // belongs to one goroutine
			continue
		case reflect.TypeFor[otelcache.Engines](), reflect.TypeFor[otelcache.PendingLookup]():
			continue // TestManyEnginesConcurrentSafe, TestPendingLookupsConcurrentSafe
		case reflect.TypeFor[otelcache.TierMonitor](), reflect.TypeFor[otelcache.TierRead](),
			reflect.TypeFor[otelcache.TierWrite](), reflect.TypeFor[otelcache.TierMove]():
			continue // TestTiersConcurrentSafe
		}
		if typ.Kind() == reflect.Interface {
			continue
		}
		methods := reflect.PointerTo(typ)
		for i := range methods.NumMethod() {
			method := name + "." + methods.Method(i).Name
			if _, ok := called[method]; !ok {
				t.Errorf("no call of %s", method)
			}
			delete(called, method)
		}
	}
	for name := range called {
		t.Errorf("there is a call of %s, which does not exist", name)
	}
}

// together makes the calls from eight goroutines, each in an order of its own,
// while a reader collects.
func (e *everything) together(ctx context.Context, all calls) {
	var calling, collecting sync.WaitGroup
	done := make(chan struct{})
	collecting.Go(func() {
		for {
			e.collect(e.t)
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range everyGoroutines {
		calling.Go(func() {
			for _, call := range all { // in random order
				call.do(ctx, e)
			}
		})
	}
	calling.Wait()
	close(done)
	collecting.Wait()
}
