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

// engines knows which engines are live in one collection.
//
// The SDK never forgets a series of a synchronous instrument, so that the histograms of an engine whose monitor was closed are in
// every later collection. Its counters are not, because a callback of the monitor reports them: an engine is live if it
// has counters.
type engines struct {
	live []engine // in the order of their labels
	rows map[identity]int
	keys keys // that any live engine has

	seen     map[attribute.Distinct]series // in this collection
	everLive bool
}

func newEngines() engines { return engines{seen: map[attribute.Distinct]series{}} }

// find reads the live engines from a collection. located holds the metrics of the catalog by their place in it.
func (e *engines) find(located []*metricdata.Metrics) {
	clear(e.seen)
	ids := map[identity]struct{}{}
	add := func(m *metricdata.Metrics) {
		for set := range attributeSets(m.Data) {
			if s := e.series(set); !s.overflow {
				ids[s.id] = struct{}{}
			}
		}
	}
	// Each counter has all engines, and the first of the catalog's that views left is as good as any other.
	for i, m := range located {
		if m != nil && len(ids) == 0 && catalog[i].metric.Kind == instruments.KindCounter {
			add(m)
		}
	}
	if len(ids) == 0 { // views dropped them all; gauges come from callbacks, too
		for i, m := range located {
			if m != nil && catalog[i].metric.Kind != instruments.KindHistogram {
				add(m)
			}
		}
	}
	if len(ids) > 0 {
		e.everLive = true
	} else if !e.everLive { // views left nothing that tells live engines from closed ones
		for _, m := range located {
			if m != nil {
				add(m)
			}
		}
	}
	e.set(ids)
}

func (e *engines) set(ids map[identity]struct{}) {
	e.live = e.live[:0]
	e.keys = keys{}
	for id := range ids {
		e.live = append(e.live, engine{id, id.labels()})
		e.keys.add(id)
	}
	e.rows = sortEngines(e.live)
}

func sortEngines(list []engine) map[identity]int {
	slices.SortFunc(list, func(a, b engine) int { return a.id.compare(b.id) })
	rows := make(map[identity]int, len(list))
	for row := range list {
		rows[list[row].id] = row
	}
	return rows
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

// hideClosed takes the series of engines that are not live out of m.
func (e *engines) hideClosed(m *metricdata.Metrics) {
	var exact, others bool
	var have keys
	for set := range attributeSets(m.Data) {
		s := e.series(set)
		if _, live := e.rows[s.id]; live {
			exact = true
		} else if !s.overflow {
			others = true
		}
		have.add(s.id)
	}
	if !others {
		return
	}
	if exact {
		m.Data = deletePoints(m.Data, func(set attribute.Set) bool {
			s := e.series(set)
			_, live := e.rows[s.id]
			return !live && !s.overflow
		})
		return
	}
	// No series is one of a live engine: a view may have taken attributes from this metric. What is left of them has to match.
	common := have.and(e.keys)
	live := map[identity]bool{}
	for i := range e.live {
		live[e.live[i].id.on(common)] = true
	}
	m.Data = deletePoints(m.Data, func(set attribute.Set) bool {
		s := e.series(set)
		return !live[s.id.on(common)] && !s.overflow
	})
}

// rowsOf returns the engines that a family made from m has series for, and the row of each identity: the live engines, unless a
// view took attributes from m. Then there are those that m tells apart, and the live engines that none of them stands for.
func (e *engines) rowsOf(m *metricdata.Metrics) ([]engine, map[identity]int) {
	var have keys
	merged := map[identity]struct{}{}
	for set := range attributeSets(m.Data) {
		s := e.series(set)
		if _, live := e.rows[s.id]; !live && !s.overflow {
			merged[s.id] = struct{}{}
		}
		have.add(s.id)
	}
	if len(merged) == 0 {
		return e.live, e.rows
	}
	common := have.and(e.keys)
	covered := map[identity]bool{}
	rows := make([]engine, 0, len(merged)+len(e.live))
	for id := range merged {
		rows = append(rows, engine{id, id.labels()})
		covered[id.on(common)] = true
	}
	for _, live := range e.live {
		if !covered[live.id.on(common)] {
			rows = append(rows, live)
		}
	}
	return rows, sortEngines(rows)
}
