// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

func blocksOf(size int, keys ...key) (blocks []block) {
	for _, k := range keys {
		blocks = append(blocks, block{key: k, data: make([]byte, size)})
	}
	return blocks
}

func keysOf(blocks []block) (keys []key) {
	for _, b := range blocks {
		keys = append(keys, b.key)
	}
	return keys
}

func TestMemoryEvictsLeastRecentlyUsed(t *testing.T) {
	m := newMemory(40)
	m.put(blocksOf(10, 1, 2, 3, 4))
	m.get([]key{1, 2}, time.Now())
	evicted, refused := m.put(append(blocksOf(15, 5), blocksOf(41, 6)...))
	// 4 was put first, because a prefix loses its end before its beginning; 3 after it.
	if got, want := keysOf(evicted), []key{4, 3}; !slices.Equal(got, want) {
		t.Errorf("got evicted %v, want %v", got, want)
	}
	if want := []int{1}; !slices.Equal(refused, want) {
		t.Errorf("got refused places %v, want %v", refused, want)
	}
	if n, bytes := m.usage(); n != 3 || bytes != 35 {
		t.Errorf("got %d blocks of %d bytes, want 3 of 35", n, bytes)
	}
}

func TestMemoryReplaces(t *testing.T) {
	m := newMemory(0)
	m.put(blocksOf(10, 1))
	if evicted, _ := m.put(blocksOf(25, 1)); len(evicted) > 0 {
		t.Errorf("got %d blocks evicted, want none", len(evicted))
	}
	if n, bytes := m.usage(); n != 1 || bytes != 25 {
		t.Errorf("got %d blocks of %d bytes, want 1 of 25", n, bytes)
	}
}

// TestFlatMemory replays far more than fits into the budget, twice: what the process holds must not grow.
func TestFlatMemory(t *testing.T) {
	const budget = 8 << 20
	r := newTestRun(t, options{cpuBytes: budget, bytesPerToken: 64})
	r.spans.Reset()
	held := func() int64 {
		r.spans.Reset() // the recorder is the test's
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var first, last int64
	for i := range 10 {
		r.all(t.Context(), generate(uint64(i))) // 34 MB each
		last = held()
		if i == 0 {
			first = last
		}
	}
	if grown := last - first; grown > budget/8 {
		t.Errorf("the heap grew by %d bytes from %d, want next to nothing", grown, first)
	}
	if used := r.value(t, "lmcache:local_cache_usage"); used > budget || used < budget*0.99 {
		t.Errorf("memory holds %v bytes, want nearly %d", used, budget)
	}
	if evicted := r.value(t, "lmcache:local_cpu_evict_keys_count"); evicted < 1000 {
		t.Errorf("%v blocks were evicted, want many", evicted)
	}
}
