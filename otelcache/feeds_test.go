// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const ms = time.Millisecond

var errBroken = errors.New("broken")

// feeds lists what can happen to a monitor and every data point that it feeds: a metric that is not named is not fed.
var feeds = []struct {
	name string
	feed func(context.Context, *otelcache.Monitor)
	want points
}{
	{
		"nothing", func(context.Context, *otelcache.Monitor) {}, points{},
	},

	{
		"lookup started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartLookup(ctx, 1000)
		},
		points{"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "1000"},
	},
	{
		"lookup with hits", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(ms)
			l.Finish(250)
		},
		points{
			"lmcache.lookup.requests":         "1",
			"lmcache.lookup.requested_tokens": "1000",
			"lmcache.lookup.hit_tokens":       "250",
			"lmcache.lookup.duration":         "sum 0.001, 1 ≤ 0.00128",
			"lmcache.lookup.request_hit_rate": "sum 0.25, 1 ≤ 0.3",
		},
	},
	{
		"lookup without a hit", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(ms)
			l.Finish(0)
		},
		points{
			"lmcache.lookup.requests":          "1",
			"lmcache.lookup.requested_tokens":  "1000",
			"lmcache.lookup.zero_hit_requests": "1",
			"lmcache.lookup.duration":          "sum 0.001, 1 ≤ 0.00128",
		},
	},
	{
		"lookup of no tokens in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 0)
			l.Finish(0)
		},
		points{"lmcache.lookup.requests": "1", "lmcache.lookup.zero_hit_requests": "1"},
	},
	{
		"lookup failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(ms)
			l.Fail(errBroken)
		},
		points{
			"lmcache.lookup.requests":                                 "1",
			"lmcache.lookup.requested_tokens":                         "1000",
			"lmcache.lookup.duration{error.type=*errors.errorString}": "sum 0.001, 1 ≤ 0.00128",
		},
	},
	{
		"lookup hit rate", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			l.Finish(250)
			time.Sleep(10 * time.Second)
		},
		points{
			"lmcache.lookup.requests":         "1",
			"lmcache.lookup.requested_tokens": "1000",
			"lmcache.lookup.hit_tokens":       "250",
			"lmcache.lookup.request_hit_rate": "sum 0.25, 1 ≤ 0.3",
			"lmcache.lookup.hit_rate":         "0.25",
		},
	},

	{
		"retrieve started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartRetrieve(ctx, 1000)
		},
		points{"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "1000"},
	},
	{
		"retrieve with all phases", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			for i, name := range []otelcache.PhaseName{
				otelcache.ProcessTokens, otelcache.Broadcast, otelcache.ToGPU, otelcache.RemoteBatchedGet, otelcache.ConnectorBatchedGet,
			} {
				_, p := r.StartPhase(ctx, name)
				time.Sleep(time.Duration(i+1) * ms)
				p.End()
			}
			time.Sleep(5 * ms) // 20 ms in all
			r.Finish(500)
		},
		points{
			"lmcache.retrieve.requests":                       "1",
			"lmcache.retrieve.requested_tokens":               "1000",
			"lmcache.retrieve.hit_tokens":                     "500",
			"lmcache.retrieve.duration":                       "sum 0.02, 1 ≤ 0.02",
			"lmcache.retrieve.speed":                          "sum 25000, 1 ≤ 32768",
			"lmcache.retrieve.process_tokens.duration":        "sum 0.001, 1 ≤ 0.00128",
			"lmcache.retrieve.broadcast.duration":             "sum 0.002, 1 ≤ 0.00256",
			"lmcache.retrieve.to_gpu.duration":                "sum 0.003, 1 ≤ 0.00512",
			"lmcache.retrieve.remote_batched_get.duration":    "sum 0.004, 1 ≤ 0.00512",
			"lmcache.retrieve.connector_batched_get.duration": "sum 0.005, 1 ≤ 0.00512",
		},
	},
	{
		"retrieve without a hit", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			time.Sleep(20 * time.Second)
			r.Finish(0)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.duration":         "sum 20, 1 above",
			"lmcache.retrieve.slow_by_time":     "1", // and not slow_by_speed: it has no speed
		},
	},
	{
		"retrieve in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			p.End()
			r.Finish(1000)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.hit_tokens":       "1000",
		},
	},
	{
		"retrieve failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(20 * ms)
			p.End()
			r.Fail(errBroken)
		},
		points{
			"lmcache.retrieve.requests":                                 "1",
			"lmcache.retrieve.requested_tokens":                         "1000",
			"lmcache.retrieve.duration{error.type=*errors.errorString}": "sum 0.02, 1 ≤ 0.02",
		},
	},
	{
		"retrieve hit rate", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			r.Finish(400)
			time.Sleep(10 * time.Second)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.hit_tokens":       "400",
			"lmcache.retrieve.hit_rate":         "0.4",
		},
	},
	{
		"retrieve slower than both thresholds", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			time.Sleep(2 * time.Second) // feedOptions has 1 s and 100 tokens a second
			r.Finish(100)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.hit_tokens":       "100",
			"lmcache.retrieve.duration":         "sum 2, 1 ≤ 2.5",
			"lmcache.retrieve.speed":            "sum 50, 1 ≤ 64",
			"lmcache.retrieve.slow_by_time":     "1",
			"lmcache.retrieve.slow_by_speed":    "1",
		},
	},

	{
		"store started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartStore(ctx, 1000)
		},
		points{"lmcache.store.requests": "1"},
	},
	{
		"store with all phases", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			for i, name := range []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.FromGPU, otelcache.Put} {
				_, p := s.StartPhase(ctx, name)
				time.Sleep(time.Duration(i+1) * ms)
				p.End()
			}
			time.Sleep(4 * ms) // 10 ms in all
			s.Finish(600)
		},
		points{
			"lmcache.store.requests":                "1",
			"lmcache.store.tokens":                  "600",
			"lmcache.store.duration":                "sum 0.01, 1 ≤ 0.01",
			"lmcache.store.speed":                   "sum 60000, 1 ≤ 65536",
			"lmcache.store.process_tokens.duration": "sum 0.001, 1 ≤ 0.00128",
			"lmcache.store.from_gpu.duration":       "sum 0.002, 1 ≤ 0.00256",
			"lmcache.store.put.duration":            "sum 0.003, 1 ≤ 0.00512",
		},
	},
	{
		"store of all tokens", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			time.Sleep(time.Second)
			s.Finish(otelcache.AllTokens)
		},
		points{
			"lmcache.store.requests": "1",
			"lmcache.store.tokens":   "1000",
			"lmcache.store.duration": "sum 1, 1 ≤ 1",
			"lmcache.store.speed":    "sum 1000, 1 ≤ 1024",
		},
	},
	{
		"store of nothing", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			time.Sleep(time.Second)
			s.Finish(0)
		},
		points{"lmcache.store.requests": "1", "lmcache.store.duration": "sum 1, 1 ≤ 1"},
	},
	{
		"store failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			_, p := s.StartPhase(ctx, otelcache.Put)
			time.Sleep(time.Second)
			p.End()
			s.Fail(errBroken)
		},
		points{"lmcache.store.requests": "1", "lmcache.store.duration{error.type=*errors.errorString}": "sum 1, 1 ≤ 1"},
	},

	{
		"transfer started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartTransfer(ctx, 1000, "peer")
		},
		points{"lmcache.p2p.transfer.requests": "1"},
	},
	{
		"transfer", func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.StartTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Finish()
		},
		points{
			"lmcache.p2p.transfer.requests": "1",
			"lmcache.p2p.transfer.tokens":   "1000",
			"lmcache.p2p.transfer.duration": "sum 0.5, 1 ≤ 0.5",
			"lmcache.p2p.transfer.speed":    "sum 2000, 1 ≤ 2048",
		},
	},
	{
		"transfer failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.StartTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Fail(errBroken)
		},
		points{
			"lmcache.p2p.transfer.requests":                                 "1",
			"lmcache.p2p.transfer.duration{error.type=*errors.errorString}": "sum 0.5, 1 ≤ 0.5",
		},
	},
	{
		"transfer served", func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.ServeTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Finish()
			_, tr = m.ServeTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Fail(errBroken)
		},
		points{},
	},

	{
		"remote get", func(ctx context.Context, m *otelcache.Monitor) {
			_, g := m.StartRemoteGet(ctx)
			time.Sleep(12 * ms)
			g.Finish(4096)
		},
		points{
			"lmcache.remote.read.requests": "1",
			"lmcache.remote.read.io":       "4096",
			"lmcache.remote.get.duration":  "sum 0.012, 1 ≤ 0.02",
		},
	},
	{
		"remote get failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, g := m.StartRemoteGet(ctx)
			time.Sleep(12 * ms)
			g.Fail(errBroken)
		},
		points{"lmcache.remote.get.duration{error.type=*errors.errorString}": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"remote put", func(ctx context.Context, m *otelcache.Monitor) {
			_, p := m.StartRemotePut(ctx)
			time.Sleep(12 * ms)
			p.Finish(4096)
		},
		points{
			"lmcache.remote.write.requests": "1",
			"lmcache.remote.write.io":       "4096",
			"lmcache.remote.put.duration":   "sum 0.012, 1 ≤ 0.02",
		},
	},
	{
		"remote put failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, p := m.StartRemotePut(ctx)
			time.Sleep(12 * ms)
			p.Fail(errBroken)
		},
		points{"lmcache.remote.put.duration{error.type=*errors.errorString}": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"RecordRemoteRead", func(_ context.Context, m *otelcache.Monitor) { m.RecordRemoteRead(4096) },
		points{"lmcache.remote.read.requests": "1", "lmcache.remote.read.io": "4096"},
	},
	{
		"RecordRemoteWrite", func(_ context.Context, m *otelcache.Monitor) { m.RecordRemoteWrite(4096) },
		points{"lmcache.remote.write.requests": "1", "lmcache.remote.write.io": "4096"},
	},
	{
		"RecordRemoteGetTime", func(ctx context.Context, m *otelcache.Monitor) { m.RecordRemoteGetTime(ctx, 12*ms) },
		points{"lmcache.remote.get.duration": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"RecordRemotePutTime", func(ctx context.Context, m *otelcache.Monitor) { m.RecordRemotePutTime(ctx, 12*ms) },
		points{"lmcache.remote.put.duration": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"RecordRemoteGetSyncTime", func(ctx context.Context, m *otelcache.Monitor) { m.RecordRemoteGetSyncTime(ctx, 12*ms) },
		points{"lmcache.remote.get_sync.duration": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"RecordPing", func(_ context.Context, m *otelcache.Monitor) { m.RecordPing(3*ms, 0) },
		points{"lmcache.remote.ping.successes": "1", "lmcache.remote.ping.latency": "0.003", "lmcache.remote.ping.error_code": "0"},
	},
	{
		"Ping with an error", func(_ context.Context, m *otelcache.Monitor) { m.RecordPing(3*ms, -7) },
		points{"lmcache.remote.ping.errors": "1", "lmcache.remote.ping.latency": "0.003", "lmcache.remote.ping.error_code": "-7"},
	},
	{
		"SetRemoteCacheUsage", func(_ context.Context, m *otelcache.Monitor) { m.SetRemoteCacheUsage(1 << 40) },
		points{"lmcache.remote_cache.usage": "1.099511627776e+12"},
	},

	{
		"RecordEviction", func(_ context.Context, m *otelcache.Monitor) { m.RecordEviction(12) },
		points{"lmcache.local_cpu.evictions": "1", "lmcache.local_cpu.evicted_keys": "12"},
	},
	{
		"RecordEvictionFailures", func(_ context.Context, m *otelcache.Monitor) { m.RecordEvictionFailures(3) },
		points{"lmcache.local_cpu.eviction_failures": "3"},
	},
	{
		"RecordForcedUnpins", func(_ context.Context, m *otelcache.Monitor) { m.RecordForcedUnpins(4) },
		points{"lmcache.memory.forced_unpins": "4"},
	},
	{
		"SetLocalCacheUsage", func(_ context.Context, m *otelcache.Monitor) {
			m.SetLocalCacheUsage(4096)
			m.SetLocalCacheUsage(1024)
		},
		points{"lmcache.local_cache.usage": "1024"},
	},
	{
		"SetLocalStorageUsage", func(_ context.Context, m *otelcache.Monitor) { m.SetLocalStorageUsage(0) },
		points{"lmcache.local_storage.usage": "0"},
	},
	{
		"SetActiveObjects", func(_ context.Context, m *otelcache.Monitor) { m.SetActiveObjects(17) },
		points{"lmcache.memory.active_objects": "17"},
	},
	{
		"AddPinnedObjects", func(_ context.Context, m *otelcache.Monitor) {
			m.AddPinnedObjects(5)
			m.AddPinnedObjects(-2)
		},
		points{"lmcache.memory.pinned_objects": "3"},
	},
	{
		"RecordChunkReuse", func(ctx context.Context, m *otelcache.Monitor) { m.RecordChunkReuse(ctx, 3*time.Minute) },
		points{"lmcache.chunk.lifespan": "sum 180, 1 ≤ 300"},
	},

	{
		"AddEngineHitTokens", func(_ context.Context, m *otelcache.Monitor) { m.AddEngineHitTokens(64) },
		points{"lmcache.engine.hit_tokens": "64"},
	},
	{
		"AddEnginePromptTokens", func(_ context.Context, m *otelcache.Monitor) { m.AddEnginePromptTokens(128) },
		points{"lmcache.engine.prompt_tokens": "128"},
	},
}

var feedOptions = []otelcache.Option{
	otelcache.WithSlowRetrieve(time.Second), otelcache.WithSlowRetrieveSpeed(100), otelcache.WithLogger(discardLogger),
}

func TestFeeds(t *testing.T) {
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			tel := newTelemetry(t, feedOptions...)
			f.feed(context.Background(), tel.Monitor)
			wantPoints(t, tel.fed(t), f.want)
		})
	}
}

// TestFeedsCoverTheCatalog fails for a metric that nothing feeds: one that was added without the code or without a test.
func TestFeedsCoverTheCatalog(t *testing.T) {
	fed := map[string]bool{}
	for _, f := range feeds {
		for name := range f.want {
			fed[name] = true
		}
	}
	for _, m := range instruments.All() {
		if m.Kind != instruments.KindObservableGauge && !fed[m.Name] {
			t.Errorf("no entry of feeds feeds the %s %s", m.Kind, m.Name)
		}
	}
}

// TestCountersStartAtZero checks what is there before anything happens: dashboards take a counter that is missing for a fault.
func TestCountersStartAtZero(t *testing.T) {
	got := newTelemetry(t).collect(t)
	for _, m := range instruments.All() {
		want := m.Kind == instruments.KindCounter || m.Kind == instruments.KindUpDownCounter
		if value, ok := got[m.Name]; ok != want {
			t.Errorf("%s %s: has a data point: %t, want %t", m.Kind, m.Name, ok, want)
		} else if ok && value != "0" {
			t.Errorf("%s is %s, want 0", m.Name, value)
		}
	}
}
