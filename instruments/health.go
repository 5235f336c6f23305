// SPDX-License-Identifier: Apache-2.0

package instruments

// Class health: health and failures.
var (
	// Healthy is lmcache.healthy. Whether the cache is healthy: 1 if it is, 0 if not.
	Healthy = observableGauge(Metric{
		Class: ClassHealth, Name: "lmcache.healthy", Unit: "1",
		Description: "Whether the cache is healthy: 1 if it is, 0 if not.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:lmcache_is_healthy"},
	})

	// GetBlockingFailures is lmcache.get_blocking.failures. Blocking gets that failed, as the cache counts them.
	GetBlockingFailures = observableGauge(Metric{
		Class: ClassHealth, Name: "lmcache.get_blocking.failures", Unit: "{failure}",
		Description: "Blocking gets that failed, as the cache counts them.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:get_blocking_failed_count"},
	})

	// PutFailures is lmcache.put.failures. Puts that failed, as the cache counts them.
	PutFailures = observableGauge(Metric{
		Class: ClassHealth, Name: "lmcache.put.failures", Unit: "{failure}",
		Description: "Puts that failed, as the cache counts them.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:put_failed_count"},
	})
)
