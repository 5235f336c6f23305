// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"time"
)

// Evict counts one eviction run of the CPU memory cache, which removed that many keys.
func (m *Monitor) Evict(keys int) {
	m.counters.add(localCPUEvictions, 1)
	m.counters.add(localCPUEvictedKeys, m.natural(int64(keys), "number of evicted keys"))
}

// EvictFailed counts n evictions that found nothing to remove.
func (m *Monitor) EvictFailed(n int) {
	m.counters.add(localCPUEvictionFailures, m.natural(int64(n), "number of failed evictions"))
}

// ForceUnpin counts n memory objects whose pin timed out.
func (m *Monitor) ForceUnpin(n int) {
	m.counters.add(memoryForcedUnpins, m.natural(int64(n), "number of forced unpins"))
}

// SetLocalCacheUsage sets the number of bytes that the local cache in memory holds.
func (m *Monitor) SetLocalCacheUsage(bytes int64) { m.setGauge(localCacheUsage, bytes) }

// SetLocalStorageUsage sets the number of bytes that the local storage on disk holds.
func (m *Monitor) SetLocalStorageUsage(bytes int64) { m.setGauge(localStorageUsage, bytes) }

// SetActiveObjects sets the number of memory objects in use.
func (m *Monitor) SetActiveObjects(n int) { m.setGauge(memoryActiveObjects, int64(n)) }

// AddPinnedObjects changes the number of pinned memory objects by delta, which is negative for objects that were unpinned.
func (m *Monitor) AddPinnedObjects(delta int) { m.pinned.Add(int64(delta)) }

// ReuseChunk records that a cached chunk is used again, idle after its last use. An exemplar carries the trace of ctx.
func (m *Monitor) ReuseChunk(ctx context.Context, idle time.Duration) {
	m.recordDuration(ctx, chunkLifespan, m.naturalTime(idle, "idle time of a chunk"))
}

func (m *Monitor) setGauge(g gaugeID, n int64) {
	if n < 0 {
		m.misused(negative, fmt.Sprintf("%s is set to %d", gaugeMetrics[g], n))
		n = 0
	}
	m.gauges[g].set(float64(n))
}

// naturalTime returns d, or 0 for a negative d, which it reports.
func (m *Monitor) naturalTime(d time.Duration, what string) time.Duration {
	if d < 0 {
		m.misused(negative, fmt.Sprintf("%s is %v", what, d))
		return 0
	}
	return d
}
