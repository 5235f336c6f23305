// SPDX-License-Identifier: Apache-2.0

package otelcache

import "testing"

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
