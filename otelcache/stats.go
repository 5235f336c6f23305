// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"log/slog"
	"time"
)

// Stats is what an engine did in an interval: every field of LMCache's LMCacheStats. A [Cursor] gives it. It is a value that
// never changes, safe for concurrent use.
type Stats struct {
	// Engine is the engine's identity.
	Engine Engine
	// Interval is the time that the counts and distributions cover.
	Interval time.Duration

	// Requests that started in the interval.
	RetrieveRequests, StoreRequests, LookupRequests int64
	// Tokens of the interval: requested and hit by retrieves, stored, and requested and hit by lookups.
	RequestedTokens, HitTokens, StoredTokens, LookupTokens, LookupHits int64
	// Lookups without a hit.
	LookupZeroHitRequests int64
	// Tokens that the serving engine had in its own prefix cache, and those that it was asked with.
	EngineHitTokens, PromptTokens int64
	// Retrieves that missed a threshold.
	SlowRetrievalsByTime, SlowRetrievalsBySpeed int64

	// Traffic with the remote backend: requests and bytes.
	RemoteReadRequests, RemoteReadBytes, RemoteWriteRequests, RemoteWriteBytes int64
	// Seconds that gets and puts took there.
	RemoteTimeToGet, RemoteTimeToPut, RemoteTimeToGetSync Distribution
	// Pings of the interval.
	RemotePingErrors, RemotePingSuccesses int64
	// The last ping ever: its round trip, and its error code, where 0 is success.
	RemotePingLatency   time.Duration
	RemotePingErrorCode int

	// Evictions from the CPU memory cache: runs, keys that they removed, and failures.
	LocalCPUEvictions, LocalCPUEvictedKeys, LocalCPUEvictionFailures int64
	// Memory objects whose pin timed out.
	ForcedUnpins int64

	// RetrieveHitRate is hit over requested tokens of the retrieves that finished in the interval; 1 when there was none, as in LMCache.
	RetrieveHitRate float64
	// LookupHitRate is hit over requested tokens of the lookups that finished in the interval; 0 when there was none, as in LMCache.
	LookupHitRate float64

	// Bytes held at the end of the interval.
	LocalCacheUsage, RemoteCacheUsage, LocalStorageUsage int64
	// Memory objects at the end of the interval.
	ActiveObjects, PinnedObjects int64

	// Seconds and tokens per second of finished requests.
	TimeToRetrieve, TimeToStore, TimeToLookup, RetrieveSpeed, StoreSpeed Distribution
	// Seconds that the phases of finished retrieves took, a value a request.
	RetrieveProcessTokensTime, RetrieveBroadcastTime, RetrieveToGPUTime, RemoteBatchedGetTime, ConnectorBatchedGetTime Distribution
	// Seconds that the phases of finished stores took, a value a request.
	StoreProcessTokensTime, StoreFromGPUTime, StorePutTime Distribution

	// Peer-to-peer transfers that started, and the tokens of those that finished.
	P2PRequests, P2PTransferredTokens int64
	// Seconds and tokens per second of finished transfers.
	P2PTimeToTransfer, P2PTransferSpeed Distribution

	// LookupHitRates are the hit rates of single lookups that hit; the others are LookupZeroHitRequests.
	LookupHitRates Distribution
	// ChunkLifespan is the seconds between two uses of a chunk.
	ChunkLifespan Distribution
}

// LogValue gives the statistics to package log/slog as a group. Distributions of times are in seconds. What is empty is left out: counts,
// distributions, and the hit rates of an interval in which none finished.
func (s Stats) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Duration("interval", s.Interval)}
	for _, a := range s.Engine.attributes() {
		attrs = append(attrs, slog.String(string(a.Key), a.Value.AsString()))
	}
	if s.TimeToRetrieve.Count() > 0 {
		attrs = append(attrs, slog.Float64("retrieve_hit_rate", s.RetrieveHitRate))
	}
	if s.TimeToLookup.Count() > 0 {
		attrs = append(attrs, slog.Float64("lookup_hit_rate", s.LookupHitRate))
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"retrieve_requests", s.RetrieveRequests},
		{"store_requests", s.StoreRequests},
		{"lookup_requests", s.LookupRequests},
		{"requested_tokens", s.RequestedTokens},
		{"hit_tokens", s.HitTokens},
		{"stored_tokens", s.StoredTokens},
		{"lookup_tokens", s.LookupTokens},
		{"lookup_hits", s.LookupHits},
		{"lookup_zero_hit_requests", s.LookupZeroHitRequests},
		{"engine_hit_tokens", s.EngineHitTokens},
		{"prompt_tokens", s.PromptTokens},
		{"slow_retrievals_by_time", s.SlowRetrievalsByTime},
		{"slow_retrievals_by_speed", s.SlowRetrievalsBySpeed},
		{"remote_read_requests", s.RemoteReadRequests},
		{"remote_read_bytes", s.RemoteReadBytes},
		{"remote_write_requests", s.RemoteWriteRequests},
		{"remote_write_bytes", s.RemoteWriteBytes},
		{"remote_ping_errors", s.RemotePingErrors},
		{"remote_ping_successes", s.RemotePingSuccesses},
		{"remote_ping_error_code", int64(s.RemotePingErrorCode)},
		{"local_cpu_evictions", s.LocalCPUEvictions},
		{"local_cpu_evicted_keys", s.LocalCPUEvictedKeys},
		{"local_cpu_eviction_failures", s.LocalCPUEvictionFailures},
		{"forced_unpins", s.ForcedUnpins},
		{"local_cache_usage", s.LocalCacheUsage},
		{"remote_cache_usage", s.RemoteCacheUsage},
		{"local_storage_usage", s.LocalStorageUsage},
		{"active_objects", s.ActiveObjects},
		{"pinned_objects", s.PinnedObjects},
		{"p2p_requests", s.P2PRequests},
		{"p2p_transferred_tokens", s.P2PTransferredTokens},
	} {
		if n.value != 0 {
			attrs = append(attrs, slog.Int64(n.name, n.value))
		}
	}
	if s.RemotePingLatency > 0 {
		attrs = append(attrs, slog.Duration("remote_ping_latency", s.RemotePingLatency))
	}
	for _, d := range []struct {
		name   string
		values Distribution
	}{
		{"time_to_retrieve_seconds", s.TimeToRetrieve},
		{"time_to_store_seconds", s.TimeToStore},
		{"time_to_lookup_seconds", s.TimeToLookup},
		{"retrieve_speed", s.RetrieveSpeed},
		{"store_speed", s.StoreSpeed},
		{"retrieve_process_tokens_time_seconds", s.RetrieveProcessTokensTime},
		{"retrieve_broadcast_time_seconds", s.RetrieveBroadcastTime},
		{"retrieve_to_gpu_time_seconds", s.RetrieveToGPUTime},
		{"remote_batched_get_time_seconds", s.RemoteBatchedGetTime},
		{"connector_batched_get_time_seconds", s.ConnectorBatchedGetTime},
		{"store_process_tokens_time_seconds", s.StoreProcessTokensTime},
		{"store_from_gpu_time_seconds", s.StoreFromGPUTime},
		{"store_put_time_seconds", s.StorePutTime},
		{"p2p_time_to_transfer_seconds", s.P2PTimeToTransfer},
		{"p2p_transfer_speed", s.P2PTransferSpeed},
		{"remote_time_to_get_seconds", s.RemoteTimeToGet},
		{"remote_time_to_put_seconds", s.RemoteTimeToPut},
		{"remote_time_to_get_sync_seconds", s.RemoteTimeToGetSync},
		{"lookup_hit_rates", s.LookupHitRates},
		{"chunk_lifespan_seconds", s.ChunkLifespan},
	} {
		if d.values.Count() > 0 {
			attrs = append(attrs, slog.Any(d.name, d.values))
		}
	}
	return slog.GroupValue(attrs...)
}

// LogValue gives the distribution to package log/slog as a group of its count, mean, median, 90th and 99th percentile and maximum.
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
