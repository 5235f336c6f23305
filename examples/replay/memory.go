// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// memory is the tier in CPU memory: a least-recently-used cache with a budget of bytes. It is safe for concurrent use.
type memory struct {
	budget int64 // 0: unlimited

	mu   sync.Mutex
	lru  *simplelru.LRU[key, block]
	used int64
}

func newMemory(budget int64) *memory {
	lru, err := simplelru.NewLRU[key, block](math.MaxInt, nil) // the limit is ours, in bytes
	if err != nil {
		panic(err) // only a size below 1 is an error
	}
	return &memory{budget: budget, lru: lru}
}

// contains does not count as a use.
func (m *memory) contains(k key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lru.Contains(k)
}

// get returns the blocks that are in memory, with the time of their last use, and marks them as used now. A block that is not there has
// no data. The first of keys becomes the one that is evicted last: a prefix is of no use without its beginning.
func (m *memory) get(keys []key, now time.Time) []block {
	found := make([]block, len(keys))
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, k := range slices.Backward(keys) {
		found[i].key = k
		if b, ok := m.lru.Get(k); ok {
			found[i] = b
			b.lastUsed = now
			m.lru.Add(k, b)
		}
	}
	return found
}

// put adds blocks and returns those that had to leave for them, and the places of those that are larger than all of the budget. As in get,
// the first block is evicted last.
func (m *memory) put(blocks []block) (evicted []block, refused []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, b := range slices.Backward(blocks) {
		size := int64(len(b.data))
		if m.budget > 0 && size > m.budget {
			refused = append(refused, i)
			continue
		}
		if old, ok := m.lru.Peek(b.key); ok {
			m.used -= int64(len(old.data))
			m.lru.Remove(b.key)
		}
		for m.budget > 0 && m.used+size > m.budget {
			_, oldest, _ := m.lru.RemoveOldest()
			m.used -= int64(len(oldest.data))
			evicted = append(evicted, oldest)
		}
		m.lru.Add(b.key, b)
		m.used += size
	}
	return evicted, refused
}

// usage returns how many blocks and bytes are in memory.
func (m *memory) usage() (blocks int, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lru.Len(), m.used
}
