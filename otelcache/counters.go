// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync/atomic"
	"unsafe"

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

// counters is cumulative state: it only grows, so that any number of readers can take differences of it. It is kept in several shards, so
// that requests on different processors seldom write to the same memory.
type counters [numShards]struct {
	values [numCounters]atomic.Int64
	_      [cacheLine]byte // keeps neighbours apart
}

const (
	numShards = 8 // a power of two
	cacheLine = 64
)

func (c *counters) add(id counterID, n int64) { c[shard()].values[id].Add(n) }

// shard picks by the address of the stack: goroutines have different ones, and one goroutine's seldom changes.
func shard() uintptr {
	var onStack byte
	const page = 12 // bits; a stack is at least half of one
	return uintptr(unsafe.Pointer(&onStack)) >> page % numShards
}

func (c *counters) load() (values [numCounters]int64) {
	for id := range values {
		values[id] = c.sum(counterID(id))
	}
	return values
}

func (c *counters) sum(id counterID) (total int64) {
	for i := range c {
		total += c[i].values[id].Load()
	}
	return total
}
