// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var eventFeeds = []feed{
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
