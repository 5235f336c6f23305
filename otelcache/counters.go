// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync/atomic"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// counterID is the place of a counter in a monitor.
type counterID uint8

const (
	retrieveRequests counterID = iota
	retrieveRequestedTokens
	retrieveHitTokens
	retrieveFinishedTokens // requested tokens of finished retrieves, for hit rates
	lookupRequests
	lookupRequestedTokens
	lookupHitTokens
	lookupZeroHitRequests
	lookupFinishedTokens
	storeRequests
	storeTokens
	transferRequests
	transferTokens
	slowByTime
	slowBySpeed
	engineHitTokens
	enginePromptTokens
	remoteReadRequests
	remoteReadIO
	remoteWriteRequests
	remoteWriteIO
	remotePingErrors
	remotePingSuccesses
	localCPUEvictions
	localCPUEvictedKeys
	localCPUEvictionFailures
	memoryForcedUnpins
	numCounters
)

// counterMetrics gives each counter its metric; those that serve the hit rates have none.
var counterMetrics = [numCounters]instruments.Counter{
	retrieveRequests:         instruments.RetrieveRequests,
	retrieveRequestedTokens:  instruments.RetrieveRequestedTokens,
	retrieveHitTokens:        instruments.RetrieveHitTokens,
	lookupRequests:           instruments.LookupRequests,
	lookupRequestedTokens:    instruments.LookupRequestedTokens,
	lookupHitTokens:          instruments.LookupHitTokens,
	lookupZeroHitRequests:    instruments.LookupZeroHitRequests,
	storeRequests:            instruments.StoreRequests,
	storeTokens:              instruments.StoreTokens,
	transferRequests:         instruments.P2PTransferRequests,
	transferTokens:           instruments.P2PTransferTokens,
	slowByTime:               instruments.RetrieveSlowByTime,
	slowBySpeed:              instruments.RetrieveSlowBySpeed,
	engineHitTokens:          instruments.EngineHitTokens,
	enginePromptTokens:       instruments.EnginePromptTokens,
	remoteReadRequests:       instruments.RemoteReadRequests,
	remoteReadIO:             instruments.RemoteReadIO,
	remoteWriteRequests:      instruments.RemoteWriteRequests,
	remoteWriteIO:            instruments.RemoteWriteIO,
	remotePingErrors:         instruments.RemotePingErrors,
	remotePingSuccesses:      instruments.RemotePingSuccesses,
	localCPUEvictions:        instruments.LocalCPUEvictions,
	localCPUEvictedKeys:      instruments.LocalCPUEvictedKeys,
	localCPUEvictionFailures: instruments.LocalCPUEvictionFailures,
	memoryForcedUnpins:       instruments.MemoryForcedUnpins,
}

// counters is cumulative state: it only grows, so that any number of readers can take differences of it.
type counters [numCounters]atomic.Int64

func (c *counters) add(id counterID, n int64) { c[id].Add(n) }

func (c *counters) load() (values [numCounters]int64) {
	for id := range c {
		values[id] = c[id].Load()
	}
	return values
}
