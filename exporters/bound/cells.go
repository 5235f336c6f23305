// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// cells hold the measurements of a histogram's point, or a part of them: the bits
// of the sum, then the counts of the buckets.
type cells []atomic.Uint64

func (c cells) count(bucket int) { c[1+bucket].Add(1) }

// sum returns the bits of the sum, for tryAdd.
func (c cells) sum() uint64 { return c[0].Load() }

// tryAdd adds to a sum. It fails when another processor did meanwhile. To notice
// that, read the sum before count, which fetches the cache line: a processor that
// has just done so is seldom disturbed.
func (c cells) tryAdd(sum uint64, v float64) bool {
	return c[0].CompareAndSwap(sum, math.Float64bits(math.Float64frombits(sum)+v))
}

// shards are several cells, so that goroutines on different processors seldom
// write to the same cache line.
type shards struct {
	cells  cells
	width  int // cells of a shard
	stride int // cells from one shard to the next
}

const (
	shardBits = 3
	numShards = 1 << shardBits
	cacheLine = 64 / 8 // in cells
)

func newShards(width int) *shards {
	// Two lines between neighbours, since processors fetch lines in pairs, and
	// one before the first and after the last.
	stride := (width+cacheLine-1)/cacheLine*cacheLine + 2*cacheLine
	return &shards{make(cells, numShards*stride)[cacheLine:], width, stride}
}

func (s *shards) of(i int) cells { return s.cells[i*s.stride:][:s.width] }

// own returns the cells of the calling goroutine. They are chosen by the address
// of its stack: goroutines have different ones, and one goroutine's seldom
// changes.
func (s *shards) own() cells {
	var onStack byte
	return s.of(shardOf(uintptr(unsafe.Pointer(&onStack))))
}

// shardOf spreads stacks of any size over the shards. Bits of the address would
// not do: large stacks share their low ones.
func shardOf(address uintptr) int {
	const (
		page = 12 // bits; a stack is at least half of one
		// 2^64 over the golden ratio, for Fibonacci hashing (Knuth, The Art of
		// Computer Programming, 6.4).
		golden = 0x9e37_79b9_7f4a_7c15
	)
	return int(uint64(address) >> page * golden >> (64 - shardBits))
}
