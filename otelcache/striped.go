// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// striped is a set of sums, kept in several shards so that goroutines on
// different processors seldom write to the same cache line. Without it, a second
// processor gains nothing (BenchmarkParallel). It can go when sync/atomic has a
// sharded counter.
type striped struct {
	cells  []atomic.Int64
	stride int // cells from one shard to the next
}

const (
	shardBits = 3
	numShards = 1 << shardBits
	cacheLine = 64 / 8 // in cells
)

func newStriped(n int) striped {
	// Two lines between neighbours, since processors fetch lines in pairs, and
	// one before the first and after the last.
	stride := (n+cacheLine-1)/cacheLine*cacheLine + 2*cacheLine
	return striped{make([]atomic.Int64, numShards*stride)[cacheLine:], stride}
}

// mostTotal is where a sum stays that would overflow: the largest int64 that is a
// float64, too. OpenTelemetry's SDK 1.43 makes a float64 of sums and an int64 of
// that, and what is larger would come out negative.
const mostTotal = math.MaxInt64 - 1023

// add adds n, which is not negative.
func (s *striped) add(i int, n int64) { addUpTo(&s.cells[shard()*s.stride+i], n) }

func (s *striped) sum(i int) (total int64) {
	for ; i < len(s.cells); i += s.stride {
		if total += sumOf(&s.cells[i]); total < 0 || total > mostTotal {
			return mostTotal
		}
	}
	return total
}

// change adds 1 or -1. Read the sum with net.
func (s *striped) change(i int, by int64) { s.cells[shard()*s.stride+i].Add(by) }

func (s *striped) net(i int) (total int64) {
	for ; i < len(s.cells); i += s.stride {
		total += s.cells[i].Load()
	}
	return total
}

// shard picks a shard by the address of the stack: goroutines have different
// ones, and one goroutine's seldom changes.
func shard() int {
	var onStack byte
	return shardOf(uintptr(unsafe.Pointer(&onStack)))
}

// shardOf spreads stacks of any size over the shards. Bits of the address would
// not do: large stacks share their low ones.
func shardOf(address uintptr) int {
	const (
		page   = 12                    // bits; a stack is at least half of one
		golden = 0x9e37_79b9_7f4a_7c15 // 2^64 over the golden ratio, for Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4)
	)
	return int(uint64(address) >> page * golden >> (64 - shardBits))
}
