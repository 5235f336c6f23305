// SPDX-License-Identifier: Apache-2.0

package instruments

// Class request: what lookups, retrieves and stores do.
var (
	// RetrieveRequests is lmcache.retrieve.requests. Retrieve requests started.
	RetrieveRequests = counter(Metric{
		Class: ClassRequest, Name: "lmcache.retrieve.requests", Unit: "{request}",
		Description: "Retrieve requests started.",
		FedBy:       "StartRetrieve",
		LMCache:     LMCache{Name: "lmcache:num_retrieve_requests", Unit: "requests"},
	})

	// StoreRequests is lmcache.store.requests. Store requests started.
	StoreRequests = counter(Metric{
		Class: ClassRequest, Name: "lmcache.store.requests", Unit: "{request}",
		Description: "Store requests started.",
		FedBy:       "StartStore",
		LMCache:     LMCache{Name: "lmcache:num_store_requests", Unit: "requests"},
	})

	// LookupRequests is lmcache.lookup.requests. Lookup requests started.
	LookupRequests = counter(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.requests", Unit: "{request}",
		Description: "Lookup requests started.",
		FedBy:       "StartLookup",
		LMCache:     LMCache{Name: "lmcache:num_lookup_requests", Unit: "requests"},
	})

	// RetrieveRequestedTokens is lmcache.retrieve.requested_tokens. Tokens that retrieves asked the cache for.
	RetrieveRequestedTokens = counter(Metric{
		Class: ClassRequest, Name: "lmcache.retrieve.requested_tokens", Unit: "{token}",
		Description: "Tokens that retrieves asked the cache for.",
		FedBy:       "StartRetrieve",
		LMCache:     LMCache{Name: "lmcache:num_requested_tokens", Unit: "tokens"},
	})

	// RetrieveHitTokens is lmcache.retrieve.hit_tokens. Tokens that retrieves got from the cache.
	RetrieveHitTokens = counter(Metric{
		Class: ClassRequest, Name: "lmcache.retrieve.hit_tokens", Unit: "{token}",
		Description: "Tokens that retrieves got from the cache.",
		FedBy:       "Retrieve.Finish",
		LMCache:     LMCache{Name: "lmcache:num_hit_tokens", Unit: "tokens"},
	})

	// StoreTokens is lmcache.store.tokens. Tokens that stores put into the cache.
	StoreTokens = counter(Metric{
		Class: ClassRequest, Name: "lmcache.store.tokens", Unit: "{token}",
		Description: "Tokens that stores put into the cache.",
		FedBy:       "Store.Finish",
		LMCache:     LMCache{Name: "lmcache:num_stored_tokens", Unit: "tokens"},
	})

	// LookupRequestedTokens is lmcache.lookup.requested_tokens. Tokens that lookups asked about.
	LookupRequestedTokens = counter(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.requested_tokens", Unit: "{token}",
		Description: "Tokens that lookups asked about.",
		FedBy:       "StartLookup",
		LMCache:     LMCache{Name: "lmcache:num_lookup_tokens", Unit: "tokens"},
	})

	// LookupHitTokens is lmcache.lookup.hit_tokens. Tokens that lookups found in the cache.
	LookupHitTokens = counter(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.hit_tokens", Unit: "{token}",
		Description: "Tokens that lookups found in the cache.",
		FedBy:       "Lookup.Finish",
		LMCache:     LMCache{Name: "lmcache:num_lookup_hits", Unit: "tokens"},
	})

	// LookupZeroHitRequests is lmcache.lookup.zero_hit_requests. Lookups that found none of their tokens in the cache.
	LookupZeroHitRequests = counter(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.zero_hit_requests", Unit: "{request}",
		Description: "Lookups that found none of their tokens in the cache.",
		FedBy:       "Lookup.Finish",
		LMCache:     LMCache{Name: "lmcache:lookup_0_hit_requests", Unit: "requests"},
	})

	// RetrieveHitRate is lmcache.retrieve.hit_rate. Share of requested tokens that the retrieves finished in the last complete interval got from the cache.
	RetrieveHitRate = gauge(Metric{
		Class: ClassRequest, Name: "lmcache.retrieve.hit_rate", Unit: "1",
		Description: "Share of requested tokens that the retrieves finished in the last complete interval got from the cache.",
		FedBy:       "Retrieve.Finish, Retrieve.Fail",
		LMCache:     LMCache{Name: "lmcache:retrieve_hit_rate", Unit: "ratio"},
	})

	// LookupHitRate is lmcache.lookup.hit_rate. Share of requested tokens that the lookups finished in the last complete interval found in the cache.
	LookupHitRate = gauge(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.hit_rate", Unit: "1",
		Description: "Share of requested tokens that the lookups finished in the last complete interval found in the cache.",
		FedBy:       "Lookup.Finish, Lookup.Fail",
		LMCache:     LMCache{Name: "lmcache:lookup_hit_rate", Unit: "ratio"},
	})

	// RetrieveDuration is lmcache.retrieve.duration. Time that a retrieve took, from start to finish.
	RetrieveDuration = histogram(Metric{
		Class: ClassRequest, Name: "lmcache.retrieve.duration", Unit: "s",
		Description: "Time that a retrieve took, from start to finish.",
		FedBy:       "Retrieve.Finish, Retrieve.Fail",
		LMCache:     LMCache{Name: "lmcache:time_to_retrieve", Unit: "s", Bounds: requestSeconds},
	})

	// StoreDuration is lmcache.store.duration. Time that a store took, from start to finish.
	StoreDuration = histogram(Metric{
		Class: ClassRequest, Name: "lmcache.store.duration", Unit: "s",
		Description: "Time that a store took, from start to finish.",
		FedBy:       "Store.Finish, Store.Fail",
		LMCache:     LMCache{Name: "lmcache:time_to_store", Unit: "s", Bounds: requestSeconds},
	})

	// LookupDuration is lmcache.lookup.duration. Time that a lookup took, from start to finish.
	LookupDuration = histogram(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.duration", Unit: "s",
		Description: "Time that a lookup took, from start to finish.",
		FedBy:       "Lookup.Finish, Lookup.Fail",
		LMCache:     LMCache{Name: "lmcache:time_to_lookup", Unit: "s", Bounds: doublingSeconds},
	})

	// RetrieveSpeed is lmcache.retrieve.speed. Tokens per second of a retrieve: hit tokens over its whole time.
	RetrieveSpeed = histogram(Metric{
		Class: ClassRequest, Name: "lmcache.retrieve.speed", Unit: "{token}/s",
		Description: "Tokens per second of a retrieve: hit tokens over its whole time.",
		FedBy:       "Retrieve.Finish",
		LMCache:     LMCache{Name: "lmcache:retrieve_speed", Unit: "tokens/s", Bounds: tokensPerSecond},
	})

	// StoreSpeed is lmcache.store.speed. Tokens per second of a store: stored tokens over its whole time.
	StoreSpeed = histogram(Metric{
		Class: ClassRequest, Name: "lmcache.store.speed", Unit: "{token}/s",
		Description: "Tokens per second of a store: stored tokens over its whole time.",
		FedBy:       "Store.Finish",
		LMCache:     LMCache{Name: "lmcache:store_speed", Unit: "tokens/s", Bounds: tokensPerSecond},
	})

	// LookupRequestHitRate is lmcache.lookup.request_hit_rate. Share of its tokens that one lookup found in the cache; lookups without a hit are counted apart.
	LookupRequestHitRate = histogram(Metric{
		Class: ClassRequest, Name: "lmcache.lookup.request_hit_rate", Unit: "1",
		Description: "Share of its tokens that one lookup found in the cache; lookups without a hit are counted apart.",
		FedBy:       "Lookup.Finish",
		LMCache:     LMCache{Name: "lmcache:request_cache_hit_rate", Unit: "ratio", Bounds: tenths},
	})
)
