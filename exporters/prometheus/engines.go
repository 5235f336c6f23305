// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// engine is one engine on the page.
type engine struct {
	id     identity
	labels []*dto.LabelPair
}

// table is the engines of a family in the order of their labels, and the row of each.
type table struct {
	engines []engine
	rows    map[identity]int
}

func newTable(list []engine) table {
	slices.SortFunc(list, func(a, b engine) int { return a.id.compare(b.id) })
	t := table{list, make(map[identity]int, len(list))}
	for row := range list {
		t.rows[list[row].id] = row
	}
	return t
}

// engines knows which engines are live in one collection.
//
// The SDK never forgets a series of a synchronous instrument, so that the histograms of an engine whose monitor was closed are in
// every later collection. Its counters are not, because a callback of the monitor reports them, each of them every time: an engine
// is live if it has counters.
type engines struct {
	live table

	seen     map[attribute.Distinct]series // in this collection
	everLive map[identity]struct{}         // in any collection; as many as there ever were engines, like the SDK's series
}

func newEngines() engines {
	return engines{seen: map[attribute.Distinct]series{}, everLive: map[identity]struct{}{}}
}

// find reads the live engines from a collection. located holds the metrics of the catalog by their place in it.
func (e *engines) find(located []*metricdata.Metrics) {
	clear(e.seen)
	ids := map[identity]struct{}{}
	if m := finestCounter(located); m != nil {
		e.addTo(ids, m)
	}
	for id := range ids {
		e.everLive[id] = struct{}{}
	}
	if len(e.everLive) == 0 { // views dropped every counter, so that nothing tells live engines from closed ones
		for _, m := range located {
			e.addTo(ids, m)
		}
	}
	var list []engine
	for id := range ids {
		list = append(list, engine{id, id.labels()})
	}
	e.live = newTable(list)
}

// finestCounter returns the counter with the most series, or nil if views left no counter. Each has all engines; of one that a view took
// attributes from, several engines may be one series.
func finestCounter(located []*metricdata.Metrics) (finest *metricdata.Metrics) {
	most := 0
	for place, m := range located {
		if m == notCollected || catalog[place].metric.Kind != instruments.KindCounter {
			continue
		}
		n := 0
		for range attributeSets(m.Data) {
			n++
		}
		if n > most {
			finest, most = m, n
		}
	}
	return finest
}

func (e *engines) addTo(ids map[identity]struct{}, m *metricdata.Metrics) {
	for set := range attributeSets(m.Data) {
		if s := e.series(set); !s.overflow {
			ids[s.id] = struct{}{}
		}
	}
}

func (e *engines) series(set attribute.Set) series {
	key := set.Equivalent()
	s, ok := e.seen[key]
	if !ok {
		s = readSeries(set)
		e.seen[key] = s
	}
	return s
}

func (e *engines) isLive(s series) bool {
	_, live := e.live.rows[s.id]
	return live
}

func (e *engines) isClosed(s series) bool {
	_, was := e.everLive[s.id]
	return was && !e.isLive(s)
}

// hideClosed takes the series of engines that are not live out of m.
func (e *engines) hideClosed(m *metricdata.Metrics) {
	var live, others bool
	for set := range attributeSets(m.Data) {
		if e.isLive(e.series(set)) {
			live = true
		} else {
			others = true
		}
	}
	if !others {
		return
	}
	m.Data = deletePoints(m.Data, func(set attribute.Set) bool {
		s := e.series(set)
		switch {
		case s.overflow || e.isLive(s):
			return false
		case live || e.isClosed(s):
			return true
		default: // a view may have taken attributes from this metric: what is left of them has to be a live engine's
			return !slices.ContainsFunc(e.live.engines, func(l engine) bool { return s.id.isPartOf(l.id) })
		}
	})
}

// tableOf returns the engines that a family made from m has series for: the live ones, unless a view took attributes from m. Then
// a series stands for all live engines that it has part of the identity of.
func (e *engines) tableOf(m *metricdata.Metrics) table {
	merged := map[identity]struct{}{}
	for set := range attributeSets(m.Data) {
		if s := e.series(set); !s.overflow && !e.isLive(s) {
			merged[s.id] = struct{}{}
		}
	}
	if len(merged) == 0 {
		return e.live
	}
	list := slices.Clone(e.live.engines)
	for id := range merged {
		list = slices.DeleteFunc(list, func(l engine) bool { return id.isPartOf(l.id) })
	}
	for id := range merged {
		list = append(list, engine{id, id.labels()})
	}
	return newTable(list)
}
