// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of health and failures.
var (
	Healthy = health.observableGauge(Metric{
		Name: "lmcache.healthy", Unit: "1",
		Description: "Whether the cache is healthy: 1 if it is, 0 if not.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:lmcache_is_healthy"},
	})

	GetBlockingFailures = health.observableGauge(Metric{
		Name: "lmcache.get_blocking.failures", Unit: "{failure}",
		Description: "Blocking gets that failed, as the cache counts them.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:get_blocking_failed_count"},
	})

	PutFailures = health.observableGauge(Metric{
		Name: "lmcache.put.failures", Unit: "{failure}",
		Description: "Puts that failed, as the cache counts them.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:put_failed_count"},
	})
)
