// SPDX-License-Identifier: Apache-2.0

package instruments

// Class slow: retrieves that miss a threshold.
var (
	// RetrieveSlowByTime is lmcache.retrieve.slow_by_time. Retrieves that took longer than the configured duration.
	RetrieveSlowByTime = counter(Metric{
		Class: ClassSlow, Name: "lmcache.retrieve.slow_by_time", Unit: "{request}",
		Description: "Retrieves that took longer than the configured duration.",
		FedBy:       "Retrieve.Finish",
		LMCache:     LMCache{Name: "lmcache:num_slow_retrieval_by_time", Unit: "requests"},
	})

	// RetrieveSlowBySpeed is lmcache.retrieve.slow_by_speed. Retrieves slower than the configured number of tokens per second.
	RetrieveSlowBySpeed = counter(Metric{
		Class: ClassSlow, Name: "lmcache.retrieve.slow_by_speed", Unit: "{request}",
		Description: "Retrieves slower than the configured number of tokens per second.",
		FedBy:       "Retrieve.Finish",
		LMCache:     LMCache{Name: "lmcache:num_slow_retrieval_by_speed", Unit: "requests"},
	})
)
