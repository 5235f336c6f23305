// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// RecordEviction counts one eviction run of the CPU memory cache, which removed
// that many keys.
func (m *Monitor) RecordEviction(keys int) {
	m.add(instruments.LocalCPUEvictions, 1)
	m.add(instruments.LocalCPUEvictedKeys, int64(keys))
}

// RecordEvictionFailures counts n evictions that found nothing to remove.
func (m *Monitor) RecordEvictionFailures(n int) {
	m.add(instruments.LocalCPUEvictionFailures, int64(n))
}

// RecordForcedUnpins counts n memory objects whose pin timed out.
func (m *Monitor) RecordForcedUnpins(n int) { m.add(instruments.MemoryForcedUnpins, int64(n)) }

// RecordChunkReuse records that a cached chunk is used again, idle after its last
// use. An exemplar carries the trace of ctx. An idle time that is negative or more
// than a year is reported and left out.
func (m *Monitor) RecordChunkReuse(ctx context.Context, idle time.Duration) {
	m.addTime(ctx, instruments.ChunkLifespan, idle, longestIdle)
}

// AddEngineHitTokens counts prompt tokens that the serving engine found in its
// own prefix cache.
func (m *Monitor) AddEngineHitTokens(n int) { m.add(instruments.EngineHitTokens, int64(n)) }

// AddEnginePromptTokens counts prompt tokens that the serving engine received.
func (m *Monitor) AddEnginePromptTokens(n int) { m.add(instruments.EnginePromptTokens, int64(n)) }

// AddPinnedObjects changes the number of pinned memory objects by delta, which
// is negative for objects that were unpinned. A change that would lead below 0 or
// above 2^53 is reported and left out.
func (m *Monitor) AddPinnedObjects(delta int) {
	if m.ready() {
		m = m.enter()
		m.changeLevel(instruments.MemoryPinnedObjects, int64(delta))
		m.exit()
	}
}

func (m *Monitor) changeLevel(c instruments.UpDownCounter, delta int64) {
	level := &m.upDownCounters[c.Index()]
	for {
		old := level.Load()
		switch {
		case delta < -old:
			report(unpinnedTooMany, "%d of %d in %s", delta, old, c)
			return
		case delta > mostAtOnce-old:
			report(wrongNumber, "%d more than %d in %s: want a sum of at most 2^53", delta, old, c)
			return
		case level.CompareAndSwap(old, old+delta):
			return
		}
	}
}

// SetLocalCacheUsage sets the number of bytes that the local cache in memory
// holds.
func (m *Monitor) SetLocalCacheUsage(bytes int64) { m.setLevel(instruments.LocalCacheUsage, bytes) }

// SetLocalStorageUsage sets the number of bytes that the local storage on disk
// holds.
func (m *Monitor) SetLocalStorageUsage(bytes int64) { m.setLevel(instruments.LocalStorageUsage, bytes) }

// SetActiveObjects sets the number of memory objects in use.
func (m *Monitor) SetActiveObjects(n int) { m.setLevel(instruments.MemoryActiveObjects, int64(n)) }

// add counts what a host reports.
func (m *Monitor) add(c instruments.Counter, n int64) {
	if m.ready() && isNumber(n, c.String()) {
		m = m.enter()
		m.count(c, n)
		m.exit()
	}
}

// addTime records a time that a host measured, of most or less.
func (m *Monitor) addTime(ctx context.Context, h instruments.Histogram, d, most time.Duration) {
	if m.ready() && isDuration(d, most, h.String()) {
		m = m.enter()
		m.recordDuration(ctx, h, d)
		m.exit()
	}
}

// setLevel sets a gauge that cannot be negative.
func (m *Monitor) setLevel(g instruments.Gauge, n int64) {
	if m.ready() && isNumber(n, g.String()) {
		m = m.enter()
		m.setGauge(g, float64(n))
		m.exit()
	}
}
