// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"strings"
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
	everyRounds     = 64
	everyCalls      = everyGoroutines * everyRounds
	// everyTick is the time of an operation, a power of two so that sums of it are exact.
	everyTick = time.Second / 512
)

// everything is what the goroutines of TestEverythingPublicConcurrentSafe share. Its operations are of the round.
type everything struct {
	*telemetry
	t           *testing.T
	cursor      *otelcache.Cursor
	stats       *otelcache.StatsLogger
	seen        atomic.Int64 // by the cursor
	observation *otelcache.Observation

	lookup   otelcache.Lookup
	retrieve otelcache.Retrieve
	store    otelcache.Store
	transfer otelcache.Transfer
	get      otelcache.RemoteGet
	put      otelcache.RemotePut
}

// TestEverythingPublicConcurrentSafe calls every exported method from eight goroutines at once, with a scrape, and checks
// that nothing is lost and nothing counts twice. A method that is not in the tables of calls is an error.
func TestEverythingPublicConcurrentSafe(t *testing.T) {
	wantEveryMethodCalled(t)
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		e := &everything{telemetry: newTelemetry(t, otelcache.WithLogger(slog.New(slog.DiscardHandler))), t: t}
		e.cursor = e.Cursor()
		var logged int64
		var err error
		e.stats, err = otelcache.NewStatsLogger(e.Monitor, 10*everyTick, otelcache.WithSink(func(s otelcache.Stats) {
			logged += s.LocalCPUEvictedKeys
		}))
		if err != nil {
			t.Fatal(err)
		}
		for round := range everyRounds {
			e.start(ctx)
			e.together(ctx, whileRunning)
			time.Sleep(everyTick)
			if round%2 == 0 {
				e.together(ctx, whenFinished)
			} else {
				e.together(ctx, whenFailed)
			}
		}
		e.wantMisuse(t, "finished again") // once in ten seconds
		wantPoints(t, e.fed(t), everyPoints)
		e.wantEverySpan()
		e.together(ctx, atShutdown)
		e.seen.Add(e.cursor.Next().LocalCPUEvictedKeys)
		if want := int64(2 * everyCalls); e.seen.Load() != want || logged != want {
			t.Errorf("the cursor saw %d evicted keys, the logger %d, want %d", e.seen.Load(), logged, want)
		}
		e.together(ctx, atClose)
		for name, value := range e.collect(t) {
			if m, _ := instruments.Lookup(name); m.Kind == instruments.KindCounter || m.Kind == instruments.KindGauge {
				t.Errorf("%s is %s after Close", name, value)
			}
		}
	})
}

func wantEveryMethodCalled(t *testing.T) {
	t.Helper()
	called := calls{}
	for _, c := range []calls{whileRunning, whenFinished, whenFailed, atShutdown, atClose} {
		maps.Copy(called, c)
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[*otelcache.Monitor](), reflect.TypeFor[otelcache.Lookup](), reflect.TypeFor[otelcache.Retrieve](),
		reflect.TypeFor[otelcache.Store](), reflect.TypeFor[otelcache.Transfer](), reflect.TypeFor[otelcache.RemoteGet](),
		reflect.TypeFor[otelcache.RemotePut](), reflect.TypeFor[*otelcache.Cursor](), reflect.TypeFor[*otelcache.StatsLogger](),
		reflect.TypeFor[*otelcache.Observation](),
	} {
		for i := range typ.NumMethod() {
			name := strings.TrimPrefix(typ.String(), "*")[len("otelcache."):] + "." + typ.Method(i).Name
			if called[name] == nil && !strings.HasSuffix(name, "Phase") {
				t.Errorf("no call of %s", name)
			}
			delete(called, name)
		}
	}
	for name := range called {
		t.Errorf("there is a call of %s, which does not exist", name)
	}
}

// together makes the calls from eight goroutines, each in an order of its own, while a reader collects.
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
				call(ctx, e)
			}
		})
	}
	calling.Wait()
	close(done)
	collecting.Wait()
}

func (e *everything) start(ctx context.Context) {
	_, e.lookup = e.StartLookup(ctx, 100)
	_, e.retrieve = e.StartRetrieve(ctx, 200)
	_, e.store = e.StartStore(ctx, 300)
	_, e.transfer = e.StartTransfer(ctx, 400, "peer")
	_, e.get = e.StartRemoteGet(ctx)
	_, e.put = e.StartRemotePut(ctx)
	var err error
	if e.observation, err = e.Observe(instruments.Healthy, func() float64 { return 1 }); err != nil {
		e.t.Fatal(err)
	}
}

// everyPoints is what 64 rounds feed: 512 calls of each method of Monitor, 32 shared operations that finish after 1/512 s and 32
// that fail.
var everyPoints = points{
	"lmcache.lookup.requests":                                 "576",                // 512 + 64
	"lmcache.lookup.requested_tokens":                         "11520",              // 512·10 + 64·100
	"lmcache.lookup.hit_tokens":                               "4160",               // 512·5 + 32·50
	"lmcache.lookup.request_hit_rate":                         "sum 272, 544 ≤ 0.5", // (512 + 32)·0.5
	"lmcache.lookup.duration":                                 "sum 0.0625, 32 ≤ 0.00256",
	"lmcache.lookup.duration{error.type=*errors.errorString}": "sum 0.0625, 32 ≤ 0.00256",

	"lmcache.retrieve.requests":                                 "576",
	"lmcache.retrieve.requested_tokens":                         "23040", // 512·20 + 64·200
	"lmcache.retrieve.hit_tokens":                               "5760",  // 512·5 + 32·100
	"lmcache.retrieve.duration":                                 "sum 0.0625, 32 ≤ 0.005",
	"lmcache.retrieve.duration{error.type=*errors.errorString}": "sum 0.0625, 32 ≤ 0.005",
	"lmcache.retrieve.speed":                                    "sum 1.6384e+06, 32 ≤ 65536", // 32·100·512
	"lmcache.retrieve.to_gpu.duration":                          "sum 0.5, 32 ≤ 0.02048",      // 32·8/512

	"lmcache.store.requests":                                 "576",
	"lmcache.store.tokens":                                   "21760", // 512·30 + 32·200
	"lmcache.store.duration":                                 "sum 0.0625, 32 ≤ 0.005",
	"lmcache.store.duration{error.type=*errors.errorString}": "sum 0.0625, 32 ≤ 0.005",
	"lmcache.store.speed":                                    "sum 3.2768e+06, 32 above", // 32·200·512
	"lmcache.store.put.duration":                             "sum 0.5, 32 ≤ 0.02048",

	"lmcache.p2p.transfer.requests":                                 "576",
	"lmcache.p2p.transfer.tokens":                                   "33280", // 512·40 + 32·400, of those that finish
	"lmcache.p2p.transfer.duration":                                 "sum 0.0625, 32 ≤ 0.005",
	"lmcache.p2p.transfer.duration{error.type=*errors.errorString}": "sum 0.0625, 32 ≤ 0.005",
	"lmcache.p2p.transfer.speed":                                    "sum 6.5536e+06, 32 above", // 32·400·512

	"lmcache.remote.read.requests":                                "544",                     // 512 + 32
	"lmcache.remote.read.io":                                      "33536",                   // 512·3 + 32·1000
	"lmcache.remote.get.duration":                                 "sum 1.0625, 544 ≤ 0.005", // (512 + 32)/512
	"lmcache.remote.get.duration{error.type=*errors.errorString}": "sum 0.0625, 32 ≤ 0.005",
	"lmcache.remote.get_sync.duration":                            "sum 1, 512 ≤ 0.005",
	"lmcache.remote.write.requests":                               "544",
	"lmcache.remote.write.io":                                     "66048", // 512·4 + 32·2000
	"lmcache.remote.put.duration":                                 "sum 1.0625, 544 ≤ 0.005",
	"lmcache.remote.put.duration{error.type=*errors.errorString}": "sum 0.0625, 32 ≤ 0.005",
	"lmcache.remote.ping.successes":                               "512",
	"lmcache.remote.ping.latency":                                 "0.001953125",
	"lmcache.remote.ping.error_code":                              "0",
	"lmcache.remote_cache.usage":                                  "100",

	"lmcache.local_cache.usage":           "101",
	"lmcache.local_storage.usage":         "102",
	"lmcache.memory.active_objects":       "103",
	"lmcache.memory.pinned_objects":       "512",  // 512·(3 - 2)
	"lmcache.memory.forced_unpins":        "2048", // 512·4
	"lmcache.local_cpu.evictions":         "512",
	"lmcache.local_cpu.evicted_keys":      "1024",
	"lmcache.local_cpu.eviction_failures": "1536",
	"lmcache.chunk.lifespan":              "sum 512, 512 ≤ 60",
	"lmcache.engine.hit_tokens":           "2560",
	"lmcache.engine.prompt_tokens":        "3072",
}

func (e *everything) wantEverySpan() {
	e.t.Helper()
	got := map[string]int{}
	for _, s := range e.spans.Ended() {
		got[s.Name()]++
	}
	want := map[string]int{
		"lmcache.lookup": 576, "lmcache.retrieve": 576, "lmcache.store": 576,
		"lmcache.p2p_transfer": 1088, // 512 asked for, 512 served, 64 shared
		"lmcache.remote.get":   64, "lmcache.remote.put": 64,
		"process_tokens": 1024, // of retrieves and stores
		"to_gpu":         512, "put": 512,
	}
	if !maps.Equal(got, want) {
		e.t.Errorf("ended spans %v, want %v", got, want)
	}
}
