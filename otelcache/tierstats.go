// SPDX-License-Identifier: Apache-2.0

package otelcache

import "time"

// tierDistributions are the durations and the throughput of each tier's reads and
// writes, whatever their purpose.
type tierDistributions []struct{ duration, throughput distribution }

// distributionPlace returns the place of an operation's among those of all tiers.
func distributionPlace(operationPlace int) int { return operationPlace / int(numPurposes) }

// keepDistributions keeps what cursors need from now on.
func (m *Monitor) keepDistributions() {
	if m.distributions.Load() == nil {
		all := make([]distribution, len(m.instruments.histograms))
		m.distributions.CompareAndSwap(nil, &all)
	}
	if m.tierDistributions.Load() == nil && len(m.tiers) > 0 {
		all := make(tierDistributions, distributionPlace(m.layout.numOperations))
		m.tierDistributions.CompareAndSwap(nil, &all)
	}
}

// keep keeps the result of an operation for cursors.
func (o *tierOperation) keep(r outcome) {
	if all := o.mon.tierDistributions.Load(); all != nil && o.timed {
		d := &(*all)[distributionPlace(o.place)]
		d.duration.recordDuration(r.elapsed)
		if r.speed > 0 {
			d.throughput.record(r.speed)
		}
	}
}

// tierPositions are a cursor's places in tierDistributions.
type tierPositions []struct{ duration, throughput position }

// addTiers sets what the statistics have of tiers beside counters.
func (c *Cursor) addTiers(s *Stats, levels *tierLevels) {
	m, l := c.mon, c.mon.layout
	for i := range m.tiers {
		name, values := m.tiers[i].tier().name, &levels.values[i]
		addTo(&s.TierOldestOperationAge, name, m.tiers[i].inFlight.age(c.now))
		addTo(&s.TierUsage, name, int64(values[usageLevel]))
		addTo(&s.TierLimit, name, int64(values[limitLevel]))
		addTo(&s.TierEntries, name, int64(values[entriesLevel]))
	}
	for place := range l.numOperations {
		_, active := l.inFlight(place, m.counters.sum)
		addTo(&s.TierActiveOperations, l.sets[l.operations+place].name, active)
	}
	for i := range c.tiers {
		name := l.sets[l.operations+i*int(numPurposes)].name
		d, p := &(*m.tierDistributions.Load())[i], &c.tiers[i]
		setTo(&s.TierOperationDuration, name, d.duration.since(&p.duration, &c.scratch))
		setTo(&s.TierThroughput, name, d.throughput.since(&p.throughput, &c.scratch))
	}
}

// addTo adds a number under a key, unless it is 0.
func addTo[N int64 | time.Duration](m *map[string]N, key string, n N) {
	if n == 0 {
		return
	}
	if *m == nil {
		*m = map[string]N{}
	}
	(*m)[key] += n
}

// setTo keeps a distribution under a key, unless it is empty.
func setTo(m *map[string]Distribution, key string, d Distribution) {
	if d.Count() == 0 {
		return
	}
	if *m == nil {
		*m = map[string]Distribution{}
	}
	(*m)[key] = d
}
