// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestCountingTwiceIsReported feeds each of LMCache's names by a tier and by a
// call that has none, in both orders.
func TestCountingTwiceIsReported(t *testing.T) {
	ctx := context.Background()
	read := func(m *otelcache.Monitor) { _, o := m.Tier("redis").StartRead(ctx, 1); o.Abandon() }
	write := func(m *otelcache.Monitor) { m.Tier("redis").RecordWrite(ctx, otelcache.TierRecord{}) }
	evict := func(m *otelcache.Monitor) { m.Tier("memory").Evict(ctx, 1, 1, otelcache.Capacity) }
	for name, c := range map[string]struct {
		word             string
		tier, withoutOne func(*otelcache.Monitor)
	}{
		"read":      {"remote.read", read, func(m *otelcache.Monitor) { m.RecordRemoteRead(1) }},
		"get time":  {"remote.read", read, func(m *otelcache.Monitor) { m.RecordRemoteGetTime(ctx, time.Second) }},
		"get":       {"remote.read", read, func(m *otelcache.Monitor) { m.StartRemoteGet(ctx) }},
		"write":     {"remote.write", write, func(m *otelcache.Monitor) { m.RecordRemoteWrite(1) }},
		"put time":  {"remote.write", write, func(m *otelcache.Monitor) { m.RecordRemotePutTime(ctx, time.Second) }},
		"put":       {"remote.write", write, func(m *otelcache.Monitor) { m.StartRemotePut(ctx) }},
		"eviction":  {"local_cpu.evictions", evict, func(m *otelcache.Monitor) { m.RecordEviction(1) }},
		"memory":    {"local_cache.usage", func(m *otelcache.Monitor) { m.Tier("memory").SetUsage(1) }, func(m *otelcache.Monitor) { m.SetLocalCacheUsage(1) }},
		"disk":      {"local_storage.usage", func(m *otelcache.Monitor) { m.Tier("nvme").SetUsage(1) }, func(m *otelcache.Monitor) { m.SetLocalStorageUsage(1) }},
		"remote":    {"remote_cache.usage", func(m *otelcache.Monitor) { m.Tier("redis").SetUsage(1) }, func(m *otelcache.Monitor) { m.SetRemoteCacheUsage(1) }},
		"callback":  {"remote_cache.usage", observeUsage(t), func(m *otelcache.Monitor) { m.SetRemoteCacheUsage(1) }},
		"demotion":  {"local_cpu.evictions", demote, func(m *otelcache.Monitor) { m.RecordEviction(1) }},
		"move from": {"remote.read", func(m *otelcache.Monitor) { _, o := m.Tier("redis").StartMove(ctx, "gpu", 1); o.Abandon() }, func(m *otelcache.Monitor) { m.RecordRemoteRead(1) }},
	} {
		for order, calls := range map[string][2]func(*otelcache.Monitor){
			" first": {c.withoutOne, c.tier}, " last": {c.tier, c.withoutOne},
		} {
			bubble(t, name+order, func(t *testing.T) {
				tel := newTelemetry(t, tiersOption, untraced)
				for range 3 {
					calls[0](tel.Monitor)
				}
				if errs := tel.misuse.take(); len(errs) != 0 {
					t.Errorf("one feeder alone is reported: %v", errs)
				}
				calls[1](tel.Monitor)
				tel.wantMisuse(t, "count twice", c.word)
				time.Sleep(time.Minute) // reports of a kind are ten seconds apart
				calls[1](tel.Monitor)
				read(tel.Monitor)
				tel.RecordRemoteRead(1)
				write(tel.Monitor)
				tel.RecordRemoteWrite(1)
				if errs := tel.misuse.take(); len(errs) != 0 {
					t.Errorf("it is reported again: %v", errs)
				}
			})
		}
	}
}

func demote(m *otelcache.Monitor) {
	_, o := m.Tier("memory").StartMove(context.Background(), "nvme", 1)
	o.Finish(1, 1)
}

func observeUsage(t *testing.T) func(*otelcache.Monitor) {
	return func(m *otelcache.Monitor) {
		o, err := m.Tier("redis").Observe(instruments.TierUsage, func() float64 { return 1 })
		if err != nil {
			t.Error(err)
		}
		o.Unregister()
	}
}

// TestFeedingDifferentNamesIsNotReported uses calls without a tier for what no
// tier feeds, and tiers for the rest.
func TestFeedingDifferentNamesIsNotReported(t *testing.T) {
	ctx := context.Background()
	tel := newTelemetry(t, tiersOption, untraced)
	for _, tier := range tierNames {
		m := tel.Tier(tier.name)
		_, o := m.StartRead(ctx, 1)
		o.Finish(1, 1)
		if tier.name != "memory" {
			m.Evict(ctx, 1, 1, otelcache.Capacity)
		}
		m.SetLimit(1)
		m.SetEntries(1)
	}
	_, promotion := tel.Tier("memory").StartMove(ctx, "gpu", 1)
	promotion.Finish(1, 1)
	tel.RecordRemoteWrite(1)
	tel.RecordRemotePutTime(ctx, time.Second)
	tel.RecordRemoteGetSyncTime(ctx, time.Second)
	tel.RecordPing(time.Second, 0)
	tel.RecordEviction(1)
	tel.RecordEvictionFailures(1)
	tel.SetLocalCacheUsage(1)
	tel.SetLocalStorageUsage(1)
	tel.SetRemoteCacheUsage(1)
	if errs := tel.misuse.take(); len(errs) != 0 {
		t.Errorf("got %v, want no report", errs)
	}
}
