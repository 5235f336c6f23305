// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"log/slog"
	"time"
)

// Stats is the account of an engine for an interval, with the contents of
// LMCache's LMCacheStats. A [Cursor] returns it. It is a value that never changes,
// safe for concurrent use.
//
// A field is named after its metric, whose description is in package instruments.
// Counters are those of the interval, distributions those of the operations that
// finished in it, gauges the values at its end, 0 if they were never set.
type Stats struct {
	// Engine is the engine's identity.
	Engine Engine
	// Interval is the time that counters and distributions cover.
	Interval time.Duration

	// Retrieves. The hit rate is hit over requested tokens of the retrieves that
	// finished in the interval; 1 when there was none, as in LMCache.
	RetrieveRequests        int64        `metric:"lmcache.retrieve.requests"`
	RetrieveRequestedTokens int64        `metric:"lmcache.retrieve.requested_tokens"`
	RetrieveHitTokens       int64        `metric:"lmcache.retrieve.hit_tokens"`
	RetrieveFailures        int64        `metric:"lmcache.retrieve.failures"`
	RetrieveCancelled       int64        `metric:"lmcache.retrieve.cancelled"`
	RetrieveHitRate         float64      `metric:"lmcache.retrieve.hit_rate"`
	RetrieveDuration        Distribution `metric:"lmcache.retrieve.duration"`
	RetrieveSpeed           Distribution `metric:"lmcache.retrieve.speed"`
	RetrieveSlowByTime      int64        `metric:"lmcache.retrieve.slow_by_time"`
	RetrieveSlowBySpeed     int64        `metric:"lmcache.retrieve.slow_by_speed"`

	// Seconds that the phases of finished retrieves took, one value per request.
	RetrieveProcessTokensDuration       Distribution `metric:"lmcache.retrieve.process_tokens.duration"`
	RetrieveBroadcastDuration           Distribution `metric:"lmcache.retrieve.broadcast.duration"`
	RetrieveToGPUDuration               Distribution `metric:"lmcache.retrieve.to_gpu.duration"`
	RetrieveRemoteBatchedGetDuration    Distribution `metric:"lmcache.retrieve.remote_batched_get.duration"`
	RetrieveConnectorBatchedGetDuration Distribution `metric:"lmcache.retrieve.connector_batched_get.duration"`

	// Stores, and the seconds that the phases of finished ones took.
	StoreRequests              int64        `metric:"lmcache.store.requests"`
	StoreTokens                int64        `metric:"lmcache.store.tokens"`
	StoreFailures              int64        `metric:"lmcache.store.failures"`
	StoreCancelled             int64        `metric:"lmcache.store.cancelled"`
	StoreDuration              Distribution `metric:"lmcache.store.duration"`
	StoreSpeed                 Distribution `metric:"lmcache.store.speed"`
	StoreProcessTokensDuration Distribution `metric:"lmcache.store.process_tokens.duration"`
	StoreFromGPUDuration       Distribution `metric:"lmcache.store.from_gpu.duration"`
	StorePutDuration           Distribution `metric:"lmcache.store.put.duration"`

	// Lookups. The hit rate is hit over requested tokens of the lookups that
	// finished in the interval; 0 when there was none, as in LMCache. The request
	// hit rates are those of single lookups with a hit.
	LookupRequests        int64        `metric:"lmcache.lookup.requests"`
	LookupRequestedTokens int64        `metric:"lmcache.lookup.requested_tokens"`
	LookupHitTokens       int64        `metric:"lmcache.lookup.hit_tokens"`
	LookupZeroHitRequests int64        `metric:"lmcache.lookup.zero_hit_requests"`
	LookupFailures        int64        `metric:"lmcache.lookup.failures"`
	LookupCancelled       int64        `metric:"lmcache.lookup.cancelled"`
	LookupHitRate         float64      `metric:"lmcache.lookup.hit_rate"`
	LookupRequestHitRate  Distribution `metric:"lmcache.lookup.request_hit_rate"`
	LookupDuration        Distribution `metric:"lmcache.lookup.duration"`

	// What tiers and reasons make of tokens, by the name of the tier or the reason;
	// nil when there are none.
	LookupTierHitTokens   map[string]int64 `metric:"lmcache.lookup.tier.hit_tokens"`
	RetrieveTierHitTokens map[string]int64 `metric:"lmcache.retrieve.tier.hit_tokens"`
	LookupMissedTokens    map[string]int64 `metric:"lmcache.lookup.missed_tokens"`
	LookupAbandonedTokens int64            `metric:"lmcache.lookup.abandoned_tokens"`
	StoreSkippedTokens    map[string]int64 `metric:"lmcache.store.skipped_tokens"`

	// Reads and writes of tiers whatever their purpose, by the name of the tier and
	// what was done, as in "redis/read". The distributions are those that finished.
	TierOperations         map[string]int64        `metric:"lmcache.tier.operations"`
	TierIO                 map[string]int64        `metric:"lmcache.tier.io"`
	TierTokens             map[string]int64        `metric:"lmcache.tier.tokens"`
	TierOperationFailures  map[string]int64        `metric:"lmcache.tier.operation.failures"`
	TierOperationCancelled map[string]int64        `metric:"lmcache.tier.operation.cancelled"`
	TierActiveOperations   map[string]int64        `metric:"lmcache.tier.active_operations"`
	TierOperationDuration  map[string]Distribution `metric:"lmcache.tier.operation.duration"`
	TierThroughput         map[string]Distribution `metric:"lmcache.tier.throughput"`

	// Keys and bytes that tiers evicted, by the name of the tier and the reason, as
	// in "redis/capacity", and what else tiers do, by the name of the tier.
	TierEvictedKeys        map[string]int64         `metric:"lmcache.tier.evicted_keys"`
	TierEvictedSize        map[string]int64         `metric:"lmcache.tier.evicted_size"`
	TierClears             map[string]int64         `metric:"lmcache.tier.clears"`
	TierUsage              map[string]int64         `metric:"lmcache.tier.usage"`
	TierLimit              map[string]int64         `metric:"lmcache.tier.limit"`
	TierEntries            map[string]int64         `metric:"lmcache.tier.entries"`
	TierOldestOperationAge map[string]time.Duration `metric:"lmcache.tier.oldest_operation.age"`

	// Seconds that phases of the host's own took, all of them together.
	OperationPhaseDuration Distribution `metric:"lmcache.operation.phase.duration"`

	// Peer-to-peer transfers.
	P2PTransferRequests  int64        `metric:"lmcache.p2p.transfer.requests"`
	P2PTransferTokens    int64        `metric:"lmcache.p2p.transfer.tokens"`
	P2PTransferFailures  int64        `metric:"lmcache.p2p.transfer.failures"`
	P2PTransferCancelled int64        `metric:"lmcache.p2p.transfer.cancelled"`
	P2PTransferDuration  Distribution `metric:"lmcache.p2p.transfer.duration"`
	P2PTransferSpeed     Distribution `metric:"lmcache.p2p.transfer.speed"`

	// The serving engine's own prefix cache.
	EngineHitTokens    int64 `metric:"lmcache.engine.hit_tokens"`
	EnginePromptTokens int64 `metric:"lmcache.engine.prompt_tokens"`

	// The remote backend.
	RemoteReadRequests    int64         `metric:"lmcache.remote.read.requests"`
	RemoteReadIO          int64         `metric:"lmcache.remote.read.io"`
	RemoteWriteRequests   int64         `metric:"lmcache.remote.write.requests"`
	RemoteWriteIO         int64         `metric:"lmcache.remote.write.io"`
	RemoteGetFailures     int64         `metric:"lmcache.remote.get.failures"`
	RemoteGetCancelled    int64         `metric:"lmcache.remote.get.cancelled"`
	RemoteGetDuration     Distribution  `metric:"lmcache.remote.get.duration"`
	RemotePutFailures     int64         `metric:"lmcache.remote.put.failures"`
	RemotePutCancelled    int64         `metric:"lmcache.remote.put.cancelled"`
	RemotePutDuration     Distribution  `metric:"lmcache.remote.put.duration"`
	RemoteGetSyncDuration Distribution  `metric:"lmcache.remote.get_sync.duration"`
	RemotePingErrors      int64         `metric:"lmcache.remote.ping.errors"`
	RemotePingSuccesses   int64         `metric:"lmcache.remote.ping.successes"`
	RemotePingLatency     time.Duration `metric:"lmcache.remote.ping.latency"`
	RemotePingErrorCode   int64         `metric:"lmcache.remote.ping.error_code"`
	RemoteCacheUsage      int64         `metric:"lmcache.remote_cache.usage"`

	// The cache in memory and on local disk.
	LocalCPUEvictions        int64        `metric:"lmcache.local_cpu.evictions"`
	LocalCPUEvictedKeys      int64        `metric:"lmcache.local_cpu.evicted_keys"`
	LocalCPUEvictionFailures int64        `metric:"lmcache.local_cpu.eviction_failures"`
	LocalCacheUsage          int64        `metric:"lmcache.local_cache.usage"`
	LocalStorageUsage        int64        `metric:"lmcache.local_storage.usage"`
	MemoryForcedUnpins       int64        `metric:"lmcache.memory.forced_unpins"`
	MemoryActiveObjects      int64        `metric:"lmcache.memory.active_objects"`
	MemoryPinnedObjects      int64        `metric:"lmcache.memory.pinned_objects"`
	ChunkLifespan            Distribution `metric:"lmcache.chunk.lifespan"`
}

// LogValue returns the statistics as a group for package log/slog, under the names
// of the metrics. Empty ones are left out: counts, distributions, and the hit rate
// of an interval in which no request finished.
func (s Stats) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Duration("interval", s.Interval)}
	for _, a := range s.Engine.attributes() {
		attrs = append(attrs, slog.String(string(a.Key), a.Value.AsString()))
	}
	return slog.GroupValue(statsPlan.appendLog(attrs, &s)...)
}

// LogValue returns the distribution as a group for package log/slog: its count,
// mean, median, 90th and 99th percentile and maximum.
func (d Distribution) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Uint64("count", d.Count()),
		slog.Float64("mean", d.Mean()),
		slog.Float64("p50", d.Quantile(0.5)),
		slog.Float64("p90", d.Quantile(0.9)),
		slog.Float64("p99", d.Quantile(0.99)),
		slog.Float64("max", d.Max()),
	)
}
