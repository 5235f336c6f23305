// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"

	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// tierLevel is a gauge of a tier that a host sets.
type tierLevel uint8

const (
	usageLevel tierLevel = iota
	limitLevel
	entriesLevel
	numLevels
)

var levelGauges = [numLevels]instruments.Gauge{
	usageLevel: instruments.TierUsage, limitLevel: instruments.TierLimit, entriesLevel: instruments.TierEntries,
}

// SetUsage sets the number of bytes that the tier holds.
func (t *TierMonitor) SetUsage(bytes int64) { t.set(usageLevel, bytes) }

// SetLimit sets the number of bytes that the tier has room for.
func (t *TierMonitor) SetLimit(bytes int64) { t.set(limitLevel, bytes) }

// SetEntries sets the number of entries that the tier holds.
func (t *TierMonitor) SetEntries(n int64) { t.set(entriesLevel, n) }

func (t *TierMonitor) set(l tierLevel, n int64) {
	if !isNumber(n, levelGauges[l].String()) {
		return
	}
	if t = t.enter(); t != nil {
		t.levels[l].set(float64(n))
		t.feedsLevel(l)
		t.mon.exit()
	}
}

// feedsLevel notes that the tier feeds one of LMCache's gauges, if it does.
func (t *TierMonitor) feedsLevel(l tierLevel) {
	if u, ok := usages[t.tier().kind]; ok && l == usageLevel {
		t.mon.feeds(u.shared, byTier)
	}
}

// usages has the kinds of tiers whose usage feeds one of LMCache's gauges.
var usages = map[string]struct {
	gauge  instruments.Gauge
	shared shared
}{
	cpuKind:    {instruments.LocalCacheUsage, localUsage},
	diskKind:   {instruments.LocalStorageUsage, storageUsage},
	remoteKind: {instruments.RemoteCacheUsage, remoteUsage},
}

// Observe lets value feed [instruments.TierUsage], [instruments.TierLimit] or
// [instruments.TierEntries] of the tier, as [Monitor.Observe] does gauges of
// the engine. [Cursor.Next] calls it, too. While there is a callback, what
// SetUsage, SetLimit or SetEntries says does not count.
//
// The errors are those of [Monitor.Observe]. The nil and the zero TierMonitor
// return a nil Observation without an error.
func (t *TierMonitor) Observe(gauge instruments.Gauge, value func() float64) (*Observation, error) {
	if t == nil || t.mon == nil {
		return nil, nil
	}
	for l, g := range levelGauges {
		if g == gauge {
			o, err := t.observed.add(t.mon, gauge.Index(), fmt.Sprintf("%s of %s", gauge, t.tier().name), value)
			if err == nil {
				t.feedsLevel(tierLevel(l))
			}
			return o, err
		}
	}
	return nil, invalid("Observe %q of the tier %s: want lmcache.tier.usage, .limit or .entries", gauge, t.tier().name)
}

// level returns a gauge of the tier; ok is false when nobody has set it.
func (t *TierMonitor) level(l tierLevel) (v float64, ok bool) {
	for _, o := range t.observed.all() {
		if o.index == levelGauges[l].Index() {
			return o.read()
		}
	}
	return t.levels[l].load()
}

// tierLevels are the gauges of the tiers at one moment.
type tierLevels struct {
	values [maxTiers + 1][numLevels]float64
	isSet  [maxTiers + 1][numLevels]bool
}

// readLevels reads the gauges of the tiers, and what LMCache's gauges get of
// them, by index.
func (m *Monitor) readLevels() (levels tierLevels, sums map[int]float64) {
	for i := range m.tiers {
		t := &m.tiers[i]
		for l := range numLevels {
			levels.values[i][l], levels.isSet[i][l] = t.level(l)
		}
		if u, ok := usages[t.tier().kind]; ok && levels.isSet[i][usageLevel] {
			if sums == nil {
				sums = map[int]float64{}
			}
			sums[u.gauge.Index()] += levels.values[i][usageLevel]
		}
	}
	return levels, sums
}

// observeTiers passes the gauges of the tiers to the reader that collects. It
// returns what LMCache's gauges get of them, by index.
func (m *Monitor) observeTiers(o metric.Observer) map[int]float64 {
	now := m.now()
	levels, sums := m.readLevels()
	for i := range m.tiers {
		t, set := &m.tiers[i], m.layout.tierSets+i
		observe := func(g instruments.Gauge, v float64) {
			o.ObserveFloat64(m.instruments.gauges[g.Index()], v, m.optionsOf(m.layout, set)...)
		}
		if age := t.inFlight.age(now); age > 0 || m.layout.sets[set].fromZero {
			observe(instruments.TierOldestOperationAge, age.Seconds())
		}
		for l, gauge := range levelGauges {
			if levels.isSet[i][l] {
				observe(gauge, levels.values[i][l])
			}
		}
	}
	return sums
}
