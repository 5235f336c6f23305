// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of retrieves that miss a threshold.
var (
	RetrieveSlowByTime = slow.counter(Metric{
		Name: "lmcache.retrieve.slow_by_time", Unit: "{request}",
		Description: "Retrieves that took longer than the configured duration.",
		FedBy:       "Retrieve.Finish",
		LMCache:     Exposition{Name: "lmcache:num_slow_retrieval_by_time", Unit: "requests"},
	})

	RetrieveSlowBySpeed = slow.counter(Metric{
		Name: "lmcache.retrieve.slow_by_speed", Unit: "{request}",
		Description: "Retrieves slower than the configured number of tokens per second.",
		FedBy:       "Retrieve.Finish",
		LMCache:     Exposition{Name: "lmcache:num_slow_retrieval_by_speed", Unit: "requests"},
	})
)
