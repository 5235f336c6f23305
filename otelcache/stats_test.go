// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// values are those that a distribution summarizes.
type values []float64

// statsWorkload does something of everything, in 10 s; statsFields has what it comes to. It needs feedOptions.
func statsWorkload(ctx context.Context, m *otelcache.Monitor) {
	for _, r := range []struct {
		requested, hits int
		time            time.Duration
	}{
		{1000, 600, 2 * time.Second}, // slow by time
		{1000, 100, 4 * time.Second}, // slow by time and speed
		{100, 20, 500 * ms},          // slow by speed
		{100, 16, 250 * ms},          // slow by speed
	} {
		_, retrieve := m.StartRetrieve(ctx, r.requested)
		time.Sleep(r.time)
		retrieve.Finish(r.hits)
	}
	_, retrieve := m.StartRetrieve(ctx, 800)
	for i, name := range []otelcache.PhaseName{
		otelcache.ProcessTokens, otelcache.Broadcast, otelcache.ToGPU, otelcache.RemoteBatchedGet, otelcache.ConnectorBatchedGet,
	} {
		_, p := retrieve.StartPhase(ctx, name)
		time.Sleep(time.Duration(i+1) * ms)
		p.End()
	}
	time.Sleep(5 * ms)
	retrieve.Finish(400)
	_, retrieve = m.StartRetrieve(ctx, 500)
	time.Sleep(10 * ms)
	retrieve.Fail(errBroken)
	m.StartRetrieve(ctx, 50) // never finished

	_, store := m.StartStore(ctx, 1000)
	for i, name := range []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.FromGPU, otelcache.Put} {
		_, p := store.StartPhase(ctx, name)
		time.Sleep(time.Duration(i+7) * ms)
		p.End()
	}
	time.Sleep(16 * ms)
	store.Finish(600)
	_, store = m.StartStore(ctx, 300)
	time.Sleep(30 * ms)
	store.Finish(otelcache.AllTokens)
	_, store = m.StartStore(ctx, 70)
	time.Sleep(10 * ms)
	store.Fail(errBroken)
	m.StartStore(ctx, 7)

	for _, l := range []struct {
		requested, hits int
		time            time.Duration
	}{{1000, 250, 3 * ms}, {400, 300, 6 * ms}, {200, 0, 12 * ms}} {
		_, lookup := m.StartLookup(ctx, l.requested)
		time.Sleep(l.time)
		lookup.Finish(l.hits)
	}
	_, lookup := m.StartLookup(ctx, 100)
	time.Sleep(ms)
	lookup.Fail(errBroken)
	m.StartLookup(ctx, 10)
	m.StartLookup(ctx, 10)

	_, transfer := m.StartTransfer(ctx, 1000, "peer")
	time.Sleep(500 * ms)
	transfer.Finish()
	_, transfer = m.StartTransfer(ctx, 300, "peer")
	time.Sleep(100 * ms)
	transfer.Finish()
	_, transfer = m.StartTransfer(ctx, 70, "peer")
	time.Sleep(50 * ms)
	transfer.Fail(errBroken)
	m.StartTransfer(ctx, 20, "peer")
	m.StartTransfer(ctx, 10, "peer")
	_, served := m.ServeTransfer(ctx, 5000, "peer")
	time.Sleep(50 * ms)
	served.Finish()

	_, get := m.StartRemoteGet(ctx)
	time.Sleep(12 * ms)
	get.Finish(4096)
	_, get = m.StartRemoteGet(ctx)
	time.Sleep(10 * ms)
	get.Fail(errBroken)
	_, put := m.StartRemotePut(ctx)
	time.Sleep(24 * ms)
	put.Finish(8192)
	m.RemoteGetTime(ctx, 14*ms)
	m.RemotePutTime(ctx, 28*ms)
	m.RemoteGetSyncTime(ctx, 13*ms)
	for range 7 {
		m.RemoteRead(100)
	}
	for range 8 {
		m.RemoteWrite(10)
	}
	for range 11 {
		m.Ping(ms, 0)
	}
	for range 10 {
		m.Ping(3*ms, -7)
	}

	for range 12 {
		m.Evict(3)
	}
	m.EvictFailed(13)
	m.ForceUnpin(14)
	m.AddEngineHitTokens(64)
	m.AddPromptTokens(128)
	m.SetLocalCacheUsage(1 << 30)
	m.SetLocalStorageUsage(1 << 35)
	m.SetRemoteCacheUsage(1 << 40)
	m.SetActiveObjects(17)
	m.AddPinnedObjects(20)
	m.AddPinnedObjects(-5)
	m.ReuseChunk(ctx, 3*time.Minute)
	m.ReuseChunk(ctx, time.Minute)
	time.Sleep(2372 * ms) // 7.628 s until here
}

// statsFields has every field of Stats, with the value of statsWorkload and the name in a log. No two fields have the same value, so that
// none can stand for another.
var statsFields = []struct {
	field, logged string
	want          any
}{
	{"Engine", "", testEngine},
	{"Interval", "interval", 10 * time.Second},
	{"RetrieveRequests", "retrieve_requests", 7},
	{"StoreRequests", "store_requests", 4},
	{"LookupRequests", "lookup_requests", 6},
	{"RequestedTokens", "requested_tokens", 3550},
	{"HitTokens", "hit_tokens", 1136},
	{"StoredTokens", "stored_tokens", 900},
	{"LookupTokens", "lookup_tokens", 1720},
	{"LookupHits", "lookup_hits", 550},
	{"LookupZeroHitRequests", "lookup_zero_hit_requests", 1},
	{"EngineHitTokens", "engine_hit_tokens", 64},
	{"PromptTokens", "prompt_tokens", 128},
	{"SlowRetrievalsByTime", "slow_retrievals_by_time", 2},
	{"SlowRetrievalsBySpeed", "slow_retrievals_by_speed", 3},
	{"RemoteReadRequests", "remote_read_requests", 8},
	{"RemoteReadBytes", "remote_read_bytes", 4796},
	{"RemoteWriteRequests", "remote_write_requests", 9},
	{"RemoteWriteBytes", "remote_write_bytes", 8272},
	{"RemoteTimeToGet", "remote_time_to_get_seconds", values{0.012, 0.014}},
	{"RemoteTimeToPut", "remote_time_to_put_seconds", values{0.024, 0.028}},
	{"RemoteTimeToGetSync", "remote_time_to_get_sync_seconds", values{0.013}},
	{"RemotePingErrors", "remote_ping_errors", 10},
	{"RemotePingSuccesses", "remote_ping_successes", 11},
	{"RemotePingLatency", "remote_ping_latency", 3 * ms},
	{"RemotePingErrorCode", "remote_ping_error_code", -7},
	{"LocalCPUEvictions", "local_cpu_evictions", 12},
	{"LocalCPUEvictedKeys", "local_cpu_evicted_keys", 36},
	{"LocalCPUEvictionFailures", "local_cpu_eviction_failures", 13},
	{"ForcedUnpins", "forced_unpins", 14},
	{"RetrieveHitRate", "retrieve_hit_rate", 1136.0 / 3500}, // without the 50 tokens that nobody finished
	{"LookupHitRate", "lookup_hit_rate", 550.0 / 1700},      // without 20 tokens
	{"LocalCacheUsage", "local_cache_usage", 1 << 30},
	{"RemoteCacheUsage", "remote_cache_usage", int64(1) << 40},
	{"LocalStorageUsage", "local_storage_usage", int64(1) << 35},
	{"ActiveObjects", "active_objects", 17},
	{"PinnedObjects", "pinned_objects", 15},
	{"TimeToRetrieve", "time_to_retrieve_seconds", values{0.02, 0.25, 0.5, 2, 4}},
	{"TimeToStore", "time_to_store_seconds", values{0.03, 0.04}},
	{"TimeToLookup", "time_to_lookup_seconds", values{0.003, 0.006, 0.012}},
	{"RetrieveSpeed", "retrieve_speed", values{25, 40, 64, 300, 20000}},
	{"StoreSpeed", "store_speed", values{10000, 15000}},
	{"RetrieveProcessTokensTime", "retrieve_process_tokens_time_seconds", values{0.001}},
	{"RetrieveBroadcastTime", "retrieve_broadcast_time_seconds", values{0.002}},
	{"RetrieveToGPUTime", "retrieve_to_gpu_time_seconds", values{0.003}},
	{"RemoteBatchedGetTime", "remote_batched_get_time_seconds", values{0.004}},
	{"ConnectorBatchedGetTime", "connector_batched_get_time_seconds", values{0.005}},
	{"StoreProcessTokensTime", "store_process_tokens_time_seconds", values{0.007}},
	{"StoreFromGPUTime", "store_from_gpu_time_seconds", values{0.008}},
	{"StorePutTime", "store_put_time_seconds", values{0.009}},
	{"P2PRequests", "p2p_requests", 5},
	{"P2PTransferredTokens", "p2p_transferred_tokens", 1300},
	{"P2PTimeToTransfer", "p2p_time_to_transfer_seconds", values{0.1, 0.5}},
	{"P2PTransferSpeed", "p2p_transfer_speed", values{2000, 3000}},
	{"LookupHitRates", "lookup_hit_rates", values{0.25, 0.75}},
	{"ChunkLifespan", "chunk_lifespan_seconds", values{60, 180}},
}

// workloadStats returns the statistics of statsWorkload, and those of the second after it. A first run before the cursor
// was made must not be in them.
func workloadStats(t *testing.T) (of, after otelcache.Stats) {
	t.Helper()
	m := newTelemetry(t, feedOptions...).Monitor
	statsWorkload(context.Background(), m)
	m.AddPinnedObjects(-15) // which is not of an interval
	cursor := m.Cursor()
	statsWorkload(context.Background(), m)
	of = cursor.Next()
	time.Sleep(time.Second)
	return of, cursor.Next()
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of, _ := workloadStats(t)
		got := reflect.ValueOf(of)
		for _, f := range statsFields {
			v := got.FieldByName(f.field)
			if !v.IsValid() {
				t.Errorf("Stats has no field %s", f.field)
				continue
			}
			if want, ok := f.want.(values); ok {
				wantValues(t, f.field, v.Interface().(otelcache.Distribution), want)
			} else if want := reflect.ValueOf(f.want).Convert(v.Type()); !v.Equal(want) {
				t.Errorf("%s is %v, want %v", f.field, v, want)
			}
		}
	})
}

// TestStatsFieldsAreComplete fails for a field of Stats that TestStats and TestStatsLogValue would miss.
func TestStatsFieldsAreComplete(t *testing.T) {
	fieldWith := map[string]string{} // by value
	known := map[string]bool{}
	for _, f := range statsFields {
		known[f.field] = true
		if v, ok := f.want.(values); reflect.ValueOf(f.want).IsZero() || ok && len(v) == 0 {
			t.Errorf("%s is zero, as a field that nobody sets would be", f.field)
		}
		text := fmt.Sprint(f.want)
		if other, ok := fieldWith[text]; ok {
			t.Errorf("%s and %s are both %s: exchanging them would go unnoticed", f.field, other, text)
		}
		fieldWith[text] = f.field
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[otelcache.Stats]()) {
		if !known[f.Name] {
			t.Errorf("statsFields lacks %s", f.Name)
		}
	}
}

// TestStatsOfAnIdleInterval checks that counts and distributions start anew while states stay.
func TestStatsOfAnIdleInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, got := workloadStats(t)
		want := otelcache.Stats{
			Engine: testEngine, Interval: time.Second, RetrieveHitRate: 1,
			RemotePingLatency: 3 * ms, RemotePingErrorCode: -7,
			LocalCacheUsage: 1 << 30, RemoteCacheUsage: 1 << 40, LocalStorageUsage: 1 << 35, ActiveObjects: 17, PinnedObjects: 15,
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	})
}

// wantValues checks a distribution against the values that it was made of, in rising order.
func wantValues(t *testing.T, name string, got otelcache.Distribution, want values) {
	t.Helper()
	var sum float64
	for _, v := range want {
		sum += v
	}
	if got.Count() != uint64(len(want)) {
		t.Errorf("%s has %d values, want %d", name, got.Count(), len(want))
	}
	wantNear(t, name+"'s sum", got.Sum(), sum, exactly)
	wantNear(t, name+"'s mean", got.Mean(), sum/float64(len(want)), exactly)
	wantNear(t, name+"'s min", got.Min(), want[0], roughly)
	wantNear(t, name+"'s max", got.Max(), want[len(want)-1], roughly)
	for _, q := range []float64{0, 0.2, 0.5, 0.8, 1} {
		wantNear(t, name+"'s quantile "+fmt.Sprint(q), got.Quantile(q), want.quantile(q), roughly)
	}
}

// quantile is the smallest value that a share q of the values does not exceed.
func (v values) quantile(q float64) float64 {
	i := slices.IndexFunc(v, func(candidate float64) bool {
		notAbove := 0
		for _, other := range v {
			if other <= candidate {
				notAbove++
			}
		}
		return float64(notAbove) >= q*float64(len(v))
	})
	return v[i]
}

// How far a value may be from the true one, relatively.
const (
	exactly = 1e-12 // as sums of floats are
	roughly = 0.05
)

func wantNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
