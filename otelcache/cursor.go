// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"math"
	"sync"
	"time"
)

// Cursor is one consumer's place in what a monitor records. Cursors are independent: each sees every event once. A Cursor is safe for
// concurrent use; it holds up to a quarter of a megabyte and needs no closing.
type Cursor struct {
	mon *Monitor

	mu            sync.Mutex
	now           time.Duration
	counters      [numCounters]int64
	distributions [numDistributions]position
	scratch       []bucket
}

// Cursor returns a cursor that starts now: its first Next gives what happens from here on.
//
// Requests that are in progress when a monitor gets its first cursor are counted, but have no time if nothing else wanted
// to know it.
func (m *Monitor) Cursor() *Cursor {
	if m.distributions.Load() == nil {
		m.distributions.CompareAndSwap(nil, new(distributions))
	}
	c := &Cursor{mon: m}
	c.Next()
	return c
}

// Next returns the statistics since the last call, or since the cursor was made. What is recorded while it runs falls into this
// interval or the next, value by value. Its cost does not depend on the number of requests.
func (c *Cursor) Next() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.mon
	now, counters, distributions := m.now(), m.counters.load(), m.distributions.Load()
	n := func(id counterID) int64 { return counters[id] - c.counters[id] }
	d := func(id distributionID) Distribution { return distributions[id].since(&c.distributions[id], &c.scratch) }
	gauge := func(id gaugeID) float64 {
		v, _ := m.gauges[id].load() // 0 when it was never set
		return v
	}
	s := Stats{
		Engine:   m.engine,
		Interval: now - c.now,

		RetrieveRequests:      n(retrieveRequests),
		StoreRequests:         n(storeRequests),
		LookupRequests:        n(lookupRequests),
		RequestedTokens:       n(retrieveRequestedTokens),
		HitTokens:             n(retrieveHitTokens),
		StoredTokens:          n(storeTokens),
		LookupTokens:          n(lookupRequestedTokens),
		LookupHits:            n(lookupHitTokens),
		LookupZeroHitRequests: n(lookupZeroHitRequests),
		EngineHitTokens:       n(engineHitTokens),
		PromptTokens:          n(enginePromptTokens),
		SlowRetrievalsByTime:  n(slowByTime),
		SlowRetrievalsBySpeed: n(slowBySpeed),

		RemoteReadRequests:  n(remoteReadRequests),
		RemoteReadBytes:     n(remoteReadIO),
		RemoteWriteRequests: n(remoteWriteRequests),
		RemoteWriteBytes:    n(remoteWriteIO),
		RemoteTimeToGet:     d(remoteGetDuration),
		RemoteTimeToPut:     d(remotePutDuration),
		RemoteTimeToGetSync: d(remoteGetSyncDuration),
		RemotePingErrors:    n(remotePingErrors),
		RemotePingSuccesses: n(remotePingSuccesses),
		RemotePingLatency:   time.Duration(math.Round(gauge(remotePingLatency) * float64(time.Second))),
		RemotePingErrorCode: int(gauge(remotePingErrorCode)),

		LocalCPUEvictions:        n(localCPUEvictions),
		LocalCPUEvictedKeys:      n(localCPUEvictedKeys),
		LocalCPUEvictionFailures: n(localCPUEvictionFailures),
		ForcedUnpins:             n(memoryForcedUnpins),

		RetrieveHitRate: 1,
		LookupHitRate:   ratio(n(lookupHitTokens), n(lookupFinishedTokens)),

		LocalCacheUsage:   int64(gauge(localCacheUsage)),
		RemoteCacheUsage:  int64(gauge(remoteCacheUsage)),
		LocalStorageUsage: int64(gauge(localStorageUsage)),
		ActiveObjects:     int64(gauge(memoryActiveObjects)),
		PinnedObjects:     m.pinned.Load(),

		TimeToRetrieve:            d(retrieveDuration),
		TimeToStore:               d(storeDuration),
		TimeToLookup:              d(lookupDuration),
		RetrieveSpeed:             d(retrieveSpeed),
		StoreSpeed:                d(storeSpeed),
		RetrieveProcessTokensTime: d(retrieveProcessTokensDuration),
		RetrieveBroadcastTime:     d(retrieveBroadcastDuration),
		RetrieveToGPUTime:         d(retrieveToGPUDuration),
		RemoteBatchedGetTime:      d(retrieveRemoteBatchedGetDuration),
		ConnectorBatchedGetTime:   d(retrieveConnectorBatchedGetDuration),
		StoreProcessTokensTime:    d(storeProcessTokensDuration),
		StoreFromGPUTime:          d(storeFromGPUDuration),
		StorePutTime:              d(storePutDuration),

		P2PRequests:          n(transferRequests),
		P2PTransferredTokens: n(transferTokens),
		P2PTimeToTransfer:    d(transferDuration),
		P2PTransferSpeed:     d(transferSpeed),

		LookupHitRates: d(lookupRequestHitRate).upTo(1),
		ChunkLifespan:  d(chunkLifespan),
	}
	if finished := n(retrieveFinishedTokens); finished > 0 {
		s.RetrieveHitRate = ratio(n(retrieveHitTokens), finished)
	}
	c.now, c.counters = now, counters
	return s
}
