// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of the cache in memory and on local disk.
var (
	LocalCPUEvictions = local.counter(Metric{
		Name: "lmcache.local_cpu.evictions", Unit: "{eviction}",
		Description: "Eviction runs of the CPU memory cache.",
		FedBy:       "RecordEviction, TierMonitor.Evict, TierMove.Finish",
		LMCache:     Exposition{Name: "lmcache:local_cpu_evict_count", Unit: "evictions"},
	})

	LocalCPUEvictedKeys = local.counter(Metric{
		Name: "lmcache.local_cpu.evicted_keys", Unit: "{key}",
		Description: "Keys that eviction runs removed from the CPU memory cache.",
		FedBy:       "RecordEviction, TierMonitor.Evict, TierMove.Finish",
		LMCache:     Exposition{Name: "lmcache:local_cpu_evict_keys_count", Unit: "keys"},
	})

	LocalCPUEvictionFailures = local.counter(Metric{
		Name: "lmcache.local_cpu.eviction_failures", Unit: "{eviction}",
		Description: "Evictions from the CPU memory cache that found nothing to remove.",
		FedBy:       "RecordEvictionFailures",
		LMCache:     Exposition{Name: "lmcache:local_cpu_evict_failed_count", Unit: "evictions"},
	})

	MemoryForcedUnpins = local.counter(Metric{
		Name: "lmcache.memory.forced_unpins", Unit: "{object}",
		Description: "Memory objects unpinned because their pin timed out.",
		FedBy:       "RecordForcedUnpins",
		LMCache:     Exposition{Name: "lmcache:forced_unpin_count", Unit: "objects"},
	})

	LocalCacheUsage = local.gauge(Metric{
		Name: "lmcache.local_cache.usage", Unit: "By",
		Description: "Bytes that the local cache in memory holds.",
		FedBy:       "SetLocalCacheUsage, TierMonitor.SetUsage, TierMonitor.Observe",
		LMCache:     Exposition{Name: "lmcache:local_cache_usage", Unit: "bytes"},
	})

	LocalStorageUsage = local.gauge(Metric{
		Name: "lmcache.local_storage.usage", Unit: "By",
		Description: "Bytes that the local storage on disk holds.",
		FedBy:       "SetLocalStorageUsage, TierMonitor.SetUsage, TierMonitor.Observe",
		LMCache:     Exposition{Name: "lmcache:local_storage_usage", Unit: "bytes"},
	})

	MemoryActiveObjects = local.gauge(Metric{
		Name: "lmcache.memory.active_objects", Unit: "{object}",
		Description: "Memory objects in use.",
		FedBy:       "SetActiveObjects",
		LMCache:     Exposition{Name: "lmcache:active_memory_objs_count", Unit: "objects"},
	})

	MemoryPinnedObjects = local.upDownCounter(Metric{
		Name: "lmcache.memory.pinned_objects", Unit: "{object}",
		Description: "Memory objects that are pinned, so that they cannot be evicted.",
		FedBy:       "AddPinnedObjects",
		LMCache:     Exposition{Name: "lmcache:pinned_memory_objs_count", Unit: "objects"},
	})

	ChunkLifespan = local.histogram(Metric{
		Name: "lmcache.chunk.lifespan", Unit: "s",
		Description: "Time between two uses of a cached chunk.",
		FedBy:       "RecordChunkReuse",
		LMCache:     Exposition{Name: "lmcache:request_cache_lifespan", Unit: "min", Scale: perMinute, Bounds: lifespanMinutes},
	})

	LocalCPUHotCacheEntries = local.observableGauge(Metric{
		Name: "lmcache.local_cpu.hot_cache.entries", Unit: "{entry}",
		Description: "Entries of the hot cache in CPU memory.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:local_cpu_hot_cache_count"},
	})

	LocalCPUKeysInRequest = local.observableGauge(Metric{
		Name: "lmcache.local_cpu.keys_in_request", Unit: "{key}",
		Description: "Keys of the CPU memory cache that requests in flight refer to.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:local_cpu_keys_in_request_count"},
	})

	PinMonitorPinnedObjects = local.observableGauge(Metric{
		Name: "lmcache.pin_monitor.pinned_objects", Unit: "{object}",
		Description: "Pinned memory objects that the pin monitor watches.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:pin_monitor_pinned_objects_count"},
	})
)
