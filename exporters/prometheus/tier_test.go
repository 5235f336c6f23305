// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// storage is what a cache does to the places that hold it, for a host that uses
// tiers and for one that uses the calls without a tier.
type storage interface {
	get(ctx context.Context, tokens int, bytes int64, d time.Duration, err error)
	put(ctx context.Context, tokens int, bytes int64, d time.Duration, err error)
	evict(ctx context.Context, keys int)
	demote(ctx context.Context, keys int, bytes int64, d time.Duration) // from memory to the remote backend
	promote(ctx context.Context, bytes int64, d time.Duration)          // from disk to memory
	uses(memory, disk, remote int64)
}

var errReset = errors.New("connection reset")

// runStorage is the script of both hosts.
func runStorage(s storage) {
	ctx := context.Background()
	for i := range 5 {
		n := i + 1
		s.get(ctx, 256*n, int64(n)<<20, time.Duration(n)*7*time.Millisecond, nil)
		s.put(ctx, 128*n, int64(n)<<19, time.Duration(n)*9*time.Millisecond, nil)
		s.evict(ctx, n)
		s.demote(ctx, 2*n, int64(n)<<18, time.Duration(n)*11*time.Millisecond)
		s.promote(ctx, int64(n)<<17, time.Duration(n)*time.Millisecond)
		s.uses(int64(n)*1000, int64(n)*100, int64(n)*10)
	}
	s.get(ctx, 256, 0, 3*time.Millisecond, errReset)
	s.put(ctx, 256, 0, 3*time.Millisecond, context.Canceled)
}

type untiered struct{ *otelcache.Monitor }

func (m untiered) get(ctx context.Context, _ int, bytes int64, d time.Duration, err error) {
	_, get := m.StartRemoteGet(ctx)
	time.Sleep(d)
	if err != nil {
		get.Fail(err)
		return
	}
	get.Finish(bytes)
}

func (m untiered) put(ctx context.Context, _ int, bytes int64, d time.Duration, err error) {
	_, put := m.StartRemotePut(ctx)
	time.Sleep(d)
	if err != nil {
		put.Fail(err)
		return
	}
	put.Finish(bytes)
}

func (m untiered) evict(_ context.Context, keys int) { m.RecordEviction(keys) }

func (m untiered) demote(ctx context.Context, keys int, bytes int64, d time.Duration) {
	time.Sleep(d)
	m.RecordRemoteWrite(bytes)
	m.RecordRemotePutTime(ctx, d)
	m.RecordEviction(keys)
}

func (untiered) promote(_ context.Context, _ int64, d time.Duration) { time.Sleep(d) }

func (m untiered) uses(memory, disk, remote int64) {
	m.SetLocalCacheUsage(memory)
	m.SetLocalStorageUsage(disk)
	m.SetRemoteCacheUsage(remote)
}

// tiered has two tiers of each of LMCache's kinds, and uses both.
type tiered struct{ *otelcache.Monitor }

var twoOfAKind = otelcache.WithTiers(otelcache.Device("gpu"), otelcache.CPU("near"), otelcache.CPU("far"),
	otelcache.Disk("nvme"), otelcache.Disk("hdd"), otelcache.Remote("redis"), otelcache.Remote("s3"), otelcache.Peer("worker1"))

func (m tiered) remote(bytes int64) *otelcache.TierMonitor {
	return m.Tier([]string{"redis", "s3"}[bytes>>20&1])
}

func (m tiered) get(ctx context.Context, tokens int, bytes int64, d time.Duration, err error) {
	_, read := m.remote(bytes).StartRead(ctx, tokens)
	time.Sleep(d)
	if err != nil {
		read.Fail(err)
		return
	}
	read.Finish(tokens, bytes)
	m.local(ctx)
}

func (m tiered) put(ctx context.Context, tokens int, bytes int64, d time.Duration, err error) {
	now := time.Now()
	time.Sleep(d)
	m.remote(bytes).RecordWrite(ctx, otelcache.TierRecord{
		Start: now, End: time.Now(), Purpose: otelcache.ForPrefetch, Tokens: tokens, Bytes: bytes, Err: err,
	})
	m.local(ctx)
}

// local does what LMCache has no metric for.
func (m tiered) local(ctx context.Context) {
	for _, name := range []string{"gpu", "near", "far", "nvme", "hdd", "worker1", "tape"} {
		tier := m.Tier(name)
		_, read := tier.StartRead(ctx, 16)
		read.Finish(16, 4096)
		_, write := tier.StartWrite(ctx, 16)
		write.Fail(errReset)
		tier.SetLimit(1 << 40)
		tier.SetEntries(1 << 20)
		tier.Clear(ctx)
		if name != "near" && name != "far" {
			tier.Evict(ctx, 100, 1<<20, otelcache.Capacity)
		}
	}
	for _, move := range [][2]string{{"near", "far"}, {"near", "gpu"}, {"gpu", "near"}, {"nvme", "hdd"}, {"hdd", "worker1"}} {
		_, m := m.Tier(move[0]).StartMove(ctx, move[1], 16, otelcache.WithKeys(100))
		m.Finish(16, 4096)
	}
	_, failed := m.Tier("near").StartMove(ctx, "nvme", 16)
	failed.Fail(errReset)
	for _, name := range []string{"gpu", "worker1", "tape"} {
		m.Tier(name).SetUsage(1 << 40)
	}
}

func (m tiered) evict(ctx context.Context, keys int) {
	m.Tier([]string{"near", "far"}[keys%2]).Evict(ctx, keys, otelcache.Unknown, otelcache.EvictionReason(keys%4))
}

func (m tiered) demote(ctx context.Context, keys int, bytes int64, d time.Duration) {
	_, move := m.Tier([]string{"near", "far"}[keys%3%2]).StartMove(ctx, "s3", 16, otelcache.WithKeys(keys))
	time.Sleep(d)
	move.Finish(16, bytes)
}

func (m tiered) promote(ctx context.Context, bytes int64, d time.Duration) {
	_, move := m.Tier("hdd").StartMove(ctx, "near", 16)
	time.Sleep(d)
	move.Finish(16, bytes)
}

func (m tiered) uses(memory, disk, remote int64) {
	m.Tier("near").SetUsage(memory / 4)
	m.Tier("far").SetUsage(memory - memory/4)
	m.Tier("nvme").SetUsage(disk)
	m.Tier("hdd").SetUsage(0)
	m.Tier("redis").SetUsage(3)
	m.Tier("s3").SetUsage(remote - 3)
}

// TestTiersFeedLMCachesPage runs one script with tiers and with the calls that have
// none: LMCache's page is the same, and has what the script did.
func TestTiersFeedLMCachesPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		with, without := newBridge(t, lmcache), newBridge(t, lmcache)
		runStorage(tiered{with.monitor(t, llama, twoOfAKind)})
		runStorage(untiered{without.monitor(t, llama)})
		got, want := with.text(t), without.text(t)
		compareLines(t, got, want)
		page := parse(t, want)
		for family, want := range map[string]float64{
			"lmcache:num_remote_read_requests_total": 5, "lmcache:num_remote_read_bytes_total": 15 << 20,
			"lmcache:num_remote_write_requests_total": 10, "lmcache:num_remote_write_bytes_total": 15<<19 + 15<<18,
			"lmcache:local_cpu_evict_count_total": 10, "lmcache:local_cpu_evict_keys_count_total": 15 + 30,
			"lmcache:local_cache_usage": 5000, "lmcache:local_storage_usage": 500, "lmcache:remote_cache_usage": 50,
		} {
			if got := number(page.series(t, family, llama)); got != want {
				t.Errorf("%s is %v, want %v", family, got, want)
			}
		}
		for family, want := range map[string]uint64{"lmcache:remote_time_to_get": 5, "lmcache:remote_time_to_put": 10} {
			if got := page.series(t, family, llama).GetHistogram().GetSampleCount(); got != want {
				t.Errorf("%s has %d values, want %d", family, got, want)
			}
		}
	})
}

// TestTiersOfAKindAreToldApartNatively has the page of the same script with
// OpenTelemetry's names.
func TestTiersOfAKindAreToldApartNatively(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, native)
		runStorage(tiered{b.monitor(t, llama, twoOfAKind)})
		usage := map[string]float64{}
		for _, m := range b.page(t)["lmcache_tier_usage_bytes"].GetMetric() {
			usage[labels(m)["lmcache_tier_name"]] = number(m)
		}
		for tier, want := range map[string]float64{"near": 1250, "far": 3750, "nvme": 500, "hdd": 0, "redis": 3, "s3": 47} {
			if got, ok := usage[tier]; !ok || got != want {
				t.Errorf("the usage of %s is %v, want %v", tier, got, want)
			}
		}
	})
}
