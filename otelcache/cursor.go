// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"reflect"
	"sync"
	"time"
)

// Cursor is a reader's place in the records of a monitor. Cursors are independent:
// each sees every event once. A Cursor is safe for concurrent use; it holds up to
// a quarter of a megabyte, and forty kilobytes for each tier, and needs no
// closing. The nil and the zero Cursor return empty statistics.
type Cursor struct {
	mon *Monitor

	mu            sync.Mutex
	now           time.Duration
	counters      []int64 // sums of the monitor
	distributions []position
	tiers         tierPositions
	scratch       []bucket
}

// Cursor returns a cursor that starts now: its first Next returns the events from
// here on.
//
// Requests in progress when a monitor gets its first cursor are counted, but have
// no duration if nothing else reads it.
func (m *Monitor) Cursor() *Cursor {
	if !m.ready() {
		return new(Cursor)
	}
	m.keepDistributions()
	c := &Cursor{
		mon:           m,
		counters:      make([]int64, ownSums+len(m.layout.sums)),
		distributions: make([]position, len(m.instruments.histograms)),
		tiers:         make(tierPositions, distributionPlace(m.layout.numOperations)),
	}
	c.Next()
	return c
}

// Next returns the statistics since the last call, or since the cursor was made.
// An event that is recorded while it runs falls into this interval or the next,
// value by value. Its cost does not depend on the number of requests.
func (c *Cursor) Next() Stats {
	if c == nil || c.mon == nil {
		return Stats{RetrieveHitRate: 1}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m, now := c.mon, c.mon.now()
	s := &Stats{Engine: m.engine, Interval: now - c.now}
	c.now = now
	m.abandonStuck(now)
	sums := make([]int64, len(c.counters))
	for i := range sums {
		sum := m.counters.sum(i)
		sums[i], c.counters[i] = sum-c.counters[i], sum
	}
	fields := reflect.ValueOf(s).Elem()
	for _, f := range statsPlan.counters {
		fields.Field(f.field).SetInt(sums[f.metric.Index()])
	}
	for i, b := range m.layout.sums {
		if n := sums[ownSums+i]; n != 0 && b.counter != 0 {
			field := fields.Field(statsPlan.brokenDown[b.counter]).Addr().Interface().(*map[string]int64)
			addTo(field, m.layout.sets[b.set].name, n)
		}
	}
	for _, f := range statsPlan.upDownCounters {
		fields.Field(f.field).SetInt(m.upDownCounters[f.metric.Index()].Load())
	}
	levels, ofTiers := m.readLevels()
	c.addTiers(s, &levels)
	for _, f := range statsPlan.gauges {
		v, _ := m.gauges[f.metric.Index()].load() // 0 when it was never set
		setNumber(fields.Field(f.field), v+ofTiers[f.metric.Index()])
	}
	for _, f := range statsPlan.histograms {
		i := f.metric.Index()
		d := fields.Field(f.field).Addr().Interface().(*Distribution)
		*d = (*m.distributions.Load())[i].since(&c.distributions[i], &c.scratch)
	}
	s.LookupRequestHitRate = s.LookupRequestHitRate.upTo(1)
	s.LookupHitRate = ratio(s.LookupHitTokens, sums[m.rates[lookupRate].requested])
	s.RetrieveHitRate = 1
	if requested := sums[m.rates[retrieveRate].requested]; requested > 0 {
		s.RetrieveHitRate = ratio(s.RetrieveHitTokens, requested)
	}
	return *s
}
