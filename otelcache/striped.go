// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
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

func (s *striped) add(i int, n int64) { s.cells[shard()*s.stride+i].Add(n) }

// len returns the number of sums, or a few more.
func (s *striped) len() int { return s.stride - 2*cacheLine }

func (s *striped) sum(i int) (total int64) {
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
