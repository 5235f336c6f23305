// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of what lookups, retrieves and stores do.
var (
	RetrieveRequests = request.counter(Metric{
		Name: "lmcache.retrieve.requests", Unit: "{request}",
		Description: "Retrieve requests started.",
		FedBy:       "StartRetrieve",
		LMCache:     Exposition{Name: "lmcache:num_retrieve_requests", Unit: "requests"},
	})

	StoreRequests = request.counter(Metric{
		Name: "lmcache.store.requests", Unit: "{request}",
		Description: "Store requests started.",
		FedBy:       "StartStore",
		LMCache:     Exposition{Name: "lmcache:num_store_requests", Unit: "requests"},
	})

	LookupRequests = request.counter(Metric{
		Name: "lmcache.lookup.requests", Unit: "{request}",
		Description: "Lookup requests started.",
		FedBy:       "StartLookup",
		LMCache:     Exposition{Name: "lmcache:num_lookup_requests", Unit: "requests"},
	})

	RetrieveRequestedTokens = request.counter(Metric{
		Name: "lmcache.retrieve.requested_tokens", Unit: "{token}",
		Description: "Tokens that retrieves asked the cache for.",
		FedBy:       "StartRetrieve",
		LMCache:     Exposition{Name: "lmcache:num_requested_tokens", Unit: "tokens"},
	})

	RetrieveHitTokens = request.counter(Metric{
		Name: "lmcache.retrieve.hit_tokens", Unit: "{token}",
		Description: "Tokens that retrieves got from the cache.",
		FedBy:       "Retrieve.Finish",
		LMCache:     Exposition{Name: "lmcache:num_hit_tokens", Unit: "tokens"},
	})

	StoreTokens = request.counter(Metric{
		Name: "lmcache.store.tokens", Unit: "{token}",
		Description: "Tokens that stores put into the cache.",
		FedBy:       "Store.Finish",
		LMCache:     Exposition{Name: "lmcache:num_stored_tokens", Unit: "tokens"},
	})

	LookupRequestedTokens = request.counter(Metric{
		Name: "lmcache.lookup.requested_tokens", Unit: "{token}",
		Description: "Tokens that lookups asked about.",
		FedBy:       "StartLookup",
		LMCache:     Exposition{Name: "lmcache:num_lookup_tokens", Unit: "tokens"},
	})

	LookupHitTokens = request.counter(Metric{
		Name: "lmcache.lookup.hit_tokens", Unit: "{token}",
		Description: "Tokens that lookups found in the cache.",
		FedBy:       "Lookup.Finish",
		LMCache:     Exposition{Name: "lmcache:num_lookup_hits", Unit: "tokens"},
	})

	LookupZeroHitRequests = request.counter(Metric{
		Name: "lmcache.lookup.zero_hit_requests", Unit: "{request}",
		Description: "Lookups that found none of their tokens in the cache.",
		FedBy:       "Lookup.Finish",
		LMCache:     Exposition{Name: "lmcache:lookup_0_hit_requests", Unit: "requests"},
	})

	RetrieveHitRate = request.gauge(Metric{
		Name: "lmcache.retrieve.hit_rate", Unit: "1",
		Description: "Share of requested tokens that the retrieves finished in the last complete interval got from the cache.",
		FedBy:       "Retrieve.Finish, Retrieve.Fail",
		LMCache:     Exposition{Name: "lmcache:retrieve_hit_rate", Unit: "ratio", Idle: 1},
	})

	LookupHitRate = request.gauge(Metric{
		Name: "lmcache.lookup.hit_rate", Unit: "1",
		Description: "Share of requested tokens that the lookups finished in the last complete interval found in the cache.",
		FedBy:       "Lookup.Finish, Lookup.Fail",
		LMCache:     Exposition{Name: "lmcache:lookup_hit_rate", Unit: "ratio"},
	})

	RetrieveDuration = request.histogram(Metric{
		Name: "lmcache.retrieve.duration", Unit: "s",
		Description: "Time that a retrieve took, from start to finish.",
		FedBy:       "Retrieve.Finish, Retrieve.Fail",
		Attributes:  []Attribute{errorType},
		LMCache:     Exposition{Name: "lmcache:time_to_retrieve", Unit: "s", Bounds: requestSeconds},
	})

	StoreDuration = request.histogram(Metric{
		Name: "lmcache.store.duration", Unit: "s",
		Description: "Time that a store took, from start to finish.",
		FedBy:       "Store.Finish, Store.Fail",
		Attributes:  []Attribute{errorType},
		LMCache:     Exposition{Name: "lmcache:time_to_store", Unit: "s", Bounds: requestSeconds},
	})

	LookupDuration = request.histogram(Metric{
		Name: "lmcache.lookup.duration", Unit: "s",
		Description: "Time that a lookup took, from start to finish.",
		FedBy:       "Lookup.Finish, Lookup.Fail",
		Attributes:  []Attribute{errorType},
		LMCache:     Exposition{Name: "lmcache:time_to_lookup", Unit: "s", Bounds: doublingSeconds},
	})

	RetrieveSpeed = request.histogram(Metric{
		Name: "lmcache.retrieve.speed", Unit: "{token}/s",
		Description: "Tokens per second of a retrieve: hit tokens over its whole time.",
		FedBy:       "Retrieve.Finish",
		LMCache:     Exposition{Name: "lmcache:retrieve_speed", Unit: "tokens/s", Bounds: tokensPerSecond},
	})

	StoreSpeed = request.histogram(Metric{
		Name: "lmcache.store.speed", Unit: "{token}/s",
		Description: "Tokens per second of a store: stored tokens over its whole time.",
		FedBy:       "Store.Finish",
		LMCache:     Exposition{Name: "lmcache:store_speed", Unit: "tokens/s", Bounds: tokensPerSecond},
	})

	LookupRequestHitRate = request.histogram(Metric{
		Name: "lmcache.lookup.request_hit_rate", Unit: "1",
		Description: "Share of its tokens that one lookup found in the cache; lookups without a hit are counted apart.",
		FedBy:       "Lookup.Finish",
		LMCache:     Exposition{Name: "lmcache:request_cache_hit_rate", Unit: "ratio", Bounds: tenths},
	})

	LookupFailures = request.counter(Metric{
		Name: "lmcache.lookup.failures", Unit: "{request}",
		Description: "Lookups that failed.",
		FedBy:       "Lookup.Fail",
	})

	LookupCancelled = request.counter(Metric{
		Name: "lmcache.lookup.cancelled", Unit: "{request}",
		Description: "Lookups that were cancelled or abandoned.",
		FedBy:       "Lookup.Abandon, Lookup.Fail",
	})

	RetrieveFailures = request.counter(Metric{
		Name: "lmcache.retrieve.failures", Unit: "{request}",
		Description: "Retrieves that failed.",
		FedBy:       "Retrieve.Fail",
	})

	RetrieveCancelled = request.counter(Metric{
		Name: "lmcache.retrieve.cancelled", Unit: "{request}",
		Description: "Retrieves that were cancelled or abandoned.",
		FedBy:       "Retrieve.Abandon, Retrieve.Fail",
	})

	StoreFailures = request.counter(Metric{
		Name: "lmcache.store.failures", Unit: "{request}",
		Description: "Stores that failed.",
		FedBy:       "Store.Fail",
	})

	StoreCancelled = request.counter(Metric{
		Name: "lmcache.store.cancelled", Unit: "{request}",
		Description: "Stores that were cancelled or abandoned.",
		FedBy:       "Store.Abandon, Store.Fail",
	})
)
