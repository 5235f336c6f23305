// SPDX-License-Identifier: Apache-2.0

package instruments

// Class local: the cache in memory and on local disk.
var (
	// LocalCPUEvictions is lmcache.local_cpu.evictions. Eviction runs of the CPU memory cache.
	LocalCPUEvictions = counter(Metric{
		Class: ClassLocal, Name: "lmcache.local_cpu.evictions", Unit: "{eviction}",
		Description: "Eviction runs of the CPU memory cache.",
		FedBy:       "Evict",
		LMCache:     LMCache{Name: "lmcache:local_cpu_evict_count", Unit: "evictions"},
	})

	// LocalCPUEvictedKeys is lmcache.local_cpu.evicted_keys. Keys that eviction runs removed from the CPU memory cache.
	LocalCPUEvictedKeys = counter(Metric{
		Class: ClassLocal, Name: "lmcache.local_cpu.evicted_keys", Unit: "{key}",
		Description: "Keys that eviction runs removed from the CPU memory cache.",
		FedBy:       "Evict",
		LMCache:     LMCache{Name: "lmcache:local_cpu_evict_keys_count", Unit: "keys"},
	})

	// LocalCPUEvictionFailures is lmcache.local_cpu.eviction_failures. Evictions from the CPU memory cache that found nothing to remove.
	LocalCPUEvictionFailures = counter(Metric{
		Class: ClassLocal, Name: "lmcache.local_cpu.eviction_failures", Unit: "{eviction}",
		Description: "Evictions from the CPU memory cache that found nothing to remove.",
		FedBy:       "EvictFailed",
		LMCache:     LMCache{Name: "lmcache:local_cpu_evict_failed_count", Unit: "evictions"},
	})

	// MemoryForcedUnpins is lmcache.memory.forced_unpins. Memory objects unpinned because their pin timed out.
	MemoryForcedUnpins = counter(Metric{
		Class: ClassLocal, Name: "lmcache.memory.forced_unpins", Unit: "{object}",
		Description: "Memory objects unpinned because their pin timed out.",
		FedBy:       "ForceUnpin",
		LMCache:     LMCache{Name: "lmcache:forced_unpin_count", Unit: "objects"},
	})

	// LocalCacheUsage is lmcache.local_cache.usage. Bytes that the local cache in memory holds.
	LocalCacheUsage = gauge(Metric{
		Class: ClassLocal, Name: "lmcache.local_cache.usage", Unit: "By",
		Description: "Bytes that the local cache in memory holds.",
		FedBy:       "SetLocalCacheUsage",
		LMCache:     LMCache{Name: "lmcache:local_cache_usage", Unit: "bytes"},
	})

	// LocalStorageUsage is lmcache.local_storage.usage. Bytes that the local storage on disk holds.
	LocalStorageUsage = gauge(Metric{
		Class: ClassLocal, Name: "lmcache.local_storage.usage", Unit: "By",
		Description: "Bytes that the local storage on disk holds.",
		FedBy:       "SetLocalStorageUsage",
		LMCache:     LMCache{Name: "lmcache:local_storage_usage", Unit: "bytes"},
	})

	// MemoryActiveObjects is lmcache.memory.active_objects. Memory objects in use.
	MemoryActiveObjects = gauge(Metric{
		Class: ClassLocal, Name: "lmcache.memory.active_objects", Unit: "{object}",
		Description: "Memory objects in use.",
		FedBy:       "SetActiveObjects",
		LMCache:     LMCache{Name: "lmcache:active_memory_objs_count", Unit: "objects"},
	})

	// MemoryPinnedObjects is lmcache.memory.pinned_objects. Memory objects that are pinned, so that they cannot be evicted.
	MemoryPinnedObjects = upDownCounter(Metric{
		Class: ClassLocal, Name: "lmcache.memory.pinned_objects", Unit: "{object}",
		Description: "Memory objects that are pinned, so that they cannot be evicted.",
		FedBy:       "AddPinnedObjects",
		LMCache:     LMCache{Name: "lmcache:pinned_memory_objs_count", Unit: "objects"},
	})

	// ChunkLifespan is lmcache.chunk.lifespan. Time between two uses of a cached chunk.
	ChunkLifespan = histogram(Metric{
		Class: ClassLocal, Name: "lmcache.chunk.lifespan", Unit: "s",
		Description: "Time between two uses of a cached chunk.",
		FedBy:       "ReuseChunk",
		LMCache:     LMCache{Name: "lmcache:request_cache_lifespan", Unit: "min", Scale: perMinute, Bounds: lifespanMinutes},
	})

	// LocalCPUHotCacheEntries is lmcache.local_cpu.hot_cache.entries. Entries of the hot cache in CPU memory.
	LocalCPUHotCacheEntries = observableGauge(Metric{
		Class: ClassLocal, Name: "lmcache.local_cpu.hot_cache.entries", Unit: "{entry}",
		Description: "Entries of the hot cache in CPU memory.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:local_cpu_hot_cache_count"},
	})

	// LocalCPUKeysInRequest is lmcache.local_cpu.keys_in_request. Keys of the CPU memory cache that requests in flight refer to.
	LocalCPUKeysInRequest = observableGauge(Metric{
		Class: ClassLocal, Name: "lmcache.local_cpu.keys_in_request", Unit: "{key}",
		Description: "Keys of the CPU memory cache that requests in flight refer to.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:local_cpu_keys_in_request_count"},
	})

	// PinMonitorPinnedObjects is lmcache.pin_monitor.pinned_objects. Pinned memory objects that the pin monitor watches.
	PinMonitorPinnedObjects = observableGauge(Metric{
		Class: ClassLocal, Name: "lmcache.pin_monitor.pinned_objects", Unit: "{object}",
		Description: "Pinned memory objects that the pin monitor watches.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:pin_monitor_pinned_objects_count"},
	})
)
