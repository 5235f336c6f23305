// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync/atomic"
	"testing"
)

// TestShards takes neighbouring stacks of each size that goroutines have, used
// to the same depth: they spread evenly over the shards.
func TestShards(t *testing.T) {
	const stacks, first, depth = 64, 0x4a20_0000, 0x1c8
	for size := uintptr(4 << 10); size <= 1<<20; size *= 2 {
		var used [numShards]int
		for i := uintptr(1); i <= stacks; i++ {
			used[shardOf(first+i*size-depth)]++
		}
		for s, n := range used {
			if n == 0 || n > 2*stacks/numShards {
				t.Errorf("%d stacks of %d KiB: shard %d has %d, want about %d", stacks, size>>10, s, n, stacks/numShards)
			}
		}
	}
}

// TestSumsDoNotOverflow adds up several times what an int64 holds, to one sum and to
// one shard of several. The latter stays below what a float64 rounds to 2^63.
func TestSumsDoNotOverflow(t *testing.T) {
	var sum atomic.Int64
	shards := newStriped(1)
	for i := range 20 {
		addUpTo(&sum, 1<<61)
		shards.add(0, 1<<61)
		one, all := int64(1<<63-1), int64(1<<63-1<<10)
		if i < 3 {
			one = int64(i+1) << 61
			all = one
		}
		if got := sumOf(&sum); got != one {
			t.Errorf("the sum of %d times 2^61 is %d, want %d", i+1, got, one)
		}
		if got := shards.sum(0); got != all {
			t.Errorf("the sum of shards of %d times 2^61 is %d, want %d", i+1, got, all)
		}
	}
}
