// SPDX-License-Identifier: Apache-2.0

package instruments

import "slices"

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

	TierOperations = tier.counter(Metric{
		Name: "lmcache.tier.operations", Unit: "{operation}",
		Description: "Reads and writes of a tier started.",
		FedBy:       "TierMonitor.StartRead, TierMonitor.StartWrite, TierMonitor.StartMove",
		Attributes:  tierOperations,
	})

	TierIO = tier.counter(Metric{
		Name: "lmcache.tier.io", Unit: "By",
		Description: "Bytes read from a tier or written to it.",
		FedBy:       "TierRead.Finish, TierWrite.Finish, TierMove.Finish",
		Attributes:  tierOperations,
	})

	TierTokens = tier.counter(Metric{
		Name: "lmcache.tier.tokens", Unit: "{token}",
		Description: "Tokens read from a tier or written to it.",
		FedBy:       "TierRead.Finish, TierWrite.Finish, TierMove.Finish",
		Attributes:  tierOperations,
	})

	TierOperationFailures = tier.counter(Metric{
		Name: "lmcache.tier.operation.failures", Unit: "{operation}",
		Description: "Reads and writes of a tier that failed.",
		FedBy:       "TierRead.Fail, TierWrite.Fail, TierMove.Fail",
		Attributes:  tierOperations,
	})

	TierOperationCancelled = tier.counter(Metric{
		Name: "lmcache.tier.operation.cancelled", Unit: "{operation}",
		Description: "Reads and writes of a tier that were cancelled or abandoned, or did not end within ten minutes.",
		FedBy:       "TierRead.Abandon, TierWrite.Abandon, TierMove.Abandon, TierRead.Fail, TierWrite.Fail, TierMove.Fail",
		Attributes:  tierOperations,
	})

	TierActiveOperations = tier.upDownCounter(Metric{
		Name: "lmcache.tier.active_operations", Unit: "{operation}",
		Description: "Reads and writes of a tier in flight.",
		FedBy:       "TierMonitor.StartRead, TierMonitor.StartWrite, TierMonitor.StartMove",
		Attributes:  tierOperations,
	})

	TierOldestOperationAge = tier.gauge(Metric{
		Name: "lmcache.tier.oldest_operation.age", Unit: "s",
		Description: "Time since the oldest operation in flight was started; 0 when there is none.",
		FedBy:       "TierMonitor.StartRead, TierMonitor.StartWrite, TierMonitor.StartMove",
		Attributes:  []Attribute{tierName, tierKind},
	})

	TierOperationDuration = tier.histogram(Metric{
		Name: "lmcache.tier.operation.duration", Unit: "s",
		Description: "Time that a read or a write of a tier took.",
		FedBy:       "TierRead.Finish, TierWrite.Finish, TierMove.Finish, TierRead.Fail, TierWrite.Fail, TierMove.Fail",
		Attributes:  append(slices.Clip(tierOperations), errorType),
		Bounds:      tierSeconds,
	})

	TierThroughput = tier.histogram(Metric{
		Name: "lmcache.tier.throughput", Unit: "By/s",
		Description: "Bytes per second of a read or a write of a tier.",
		FedBy:       "TierRead.Finish, TierWrite.Finish, TierMove.Finish",
		Attributes:  tierOperations,
		Bounds:      bytesPerSecond,
	})

	TierUsage = tier.gauge(Metric{
		Name: "lmcache.tier.usage", Unit: "By",
		Description: "Bytes that a tier holds.",
		FedBy:       "TierMonitor.SetUsage, TierMonitor.Observe",
		Attributes:  []Attribute{tierName, tierKind},
	})

	TierLimit = tier.gauge(Metric{
		Name: "lmcache.tier.limit", Unit: "By",
		Description: "Bytes that a tier has room for.",
		FedBy:       "TierMonitor.SetLimit, TierMonitor.Observe",
		Attributes:  []Attribute{tierName, tierKind},
	})

	TierEntries = tier.gauge(Metric{
		Name: "lmcache.tier.entries", Unit: "{entry}",
		Description: "Entries that a tier holds.",
		FedBy:       "TierMonitor.SetEntries, TierMonitor.Observe",
		Attributes:  []Attribute{tierName, tierKind},
	})

	TierEvictedKeys = tier.counter(Metric{
		Name: "lmcache.tier.evicted_keys", Unit: "{key}",
		Description: "Keys that a tier evicted, by reason.",
		FedBy:       "TierMonitor.Evict",
		Attributes:  []Attribute{tierName, tierKind, evictionReason},
	})

	TierEvictedSize = tier.counter(Metric{
		Name: "lmcache.tier.evicted_size", Unit: "By",
		Description: "Bytes that a tier evicted, by reason.",
		FedBy:       "TierMonitor.Evict",
		Attributes:  []Attribute{tierName, tierKind, evictionReason},
	})

	TierClears = tier.counter(Metric{
		Name: "lmcache.tier.clears", Unit: "{clear}",
		Description: "Times that a tier was emptied.",
		FedBy:       "TierMonitor.Clear, Clear",
		Attributes:  []Attribute{tierName, tierKind},
	})
)

// tierOperations are the attributes of what is counted of reads and writes.
var tierOperations = []Attribute{tierName, tierKind, tierOperation, tierPurpose}
