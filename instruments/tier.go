// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of the places that hold KV cache, and of what none of them had.
var (
	LookupTierHitTokens = tier.counter(Metric{
		Name: "lmcache.lookup.tier.hit_tokens", Unit: "{token}",
		Description: "Tokens that lookups found, by the tier that has them.",
		FedBy:       "Lookup.Hit, Lookup.Finish",
		Attributes:  []Attribute{tierName, tierKind},
	})

	RetrieveTierHitTokens = tier.counter(Metric{
		Name: "lmcache.retrieve.tier.hit_tokens", Unit: "{token}",
		Description: "Tokens that retrieves got, by the tier that they came from.",
		FedBy:       "Retrieve.Hit, Retrieve.Finish",
		Attributes:  []Attribute{tierName, tierKind},
	})

	LookupMissedTokens = tier.counter(Metric{
		Name: "lmcache.lookup.missed_tokens", Unit: "{token}",
		Description: "Tokens that lookups did not find, by reason.",
		FedBy:       "Lookup.Miss, Lookup.Finish, Lookup.Fail",
		Attributes:  []Attribute{missReason},
	})

	LookupAbandonedTokens = tier.counter(Metric{
		Name: "lmcache.lookup.abandoned_tokens", Unit: "{token}",
		Description: "Tokens of lookups that were cancelled.",
		FedBy:       "Lookup.Fail, Lookup.Abandon",
	})

	StoreSkippedTokens = tier.counter(Metric{
		Name: "lmcache.store.skipped_tokens", Unit: "{token}",
		Description: "Tokens that stores did not put into the cache, by reason.",
		FedBy:       "Store.Skip",
		Attributes:  []Attribute{skipReason},
	})
)
