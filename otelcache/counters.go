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
	_      [cacheLine]byte // on both sides: two between neighbours, since processors fetch lines in pairs
	values [numCounters]atomic.Int64
	_      [cacheLine]byte
}

const (
	shardBits = 3
	numShards = 1 << shardBits
	cacheLine = 64
)

func (c *counters) add(id counterID, n int64) { c[shard()].values[id].Add(n) }

// shard picks by the address of the stack: goroutines have different ones, and one goroutine's seldom changes.
func shard() uint64 {
	var onStack byte
	return shardOf(uintptr(unsafe.Pointer(&onStack)))
}

// shardOf spreads stacks of any size over the shards. Taking bits of the address would not: those of large stacks have the same low ones.
func shardOf(address uintptr) uint64 {
	const (
		page   = 12                    // bits; a stack is at least half of one
		golden = 0x9e37_79b9_7f4a_7c15 // 2^64 over the golden ratio, for Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4)
	)
	return uint64(address) >> page * golden >> (64 - shardBits)
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
