// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

type identities map[identity]struct{}

func (ids identities) has(id identity) bool {
	_, ok := ids[id]
	return ok
}

// engines tells the live engines of one collection from closed ones.
//
// The SDK never forgets a series of a synchronous instrument, so that the
// histograms of a closed engine are in every later collection. Its counters are
// not: a callback of the monitor reports them, all of them every time. An engine
// is live if it has counters.
type engines struct {
	live     identities
	everLive identities                    // in any collection; grows as the SDK's series do
	seen     map[attribute.Distinct]series // in this collection
}

func newEngines() engines {
	return engines{everLive: identities{}, seen: map[attribute.Distinct]series{}}
}

// find reads the live engines from a collection.
func (e *engines) find(c catalog) {
	clear(e.seen)
	// Every counter has all engines. If a view took attributes from one, several
	// engines may share a series of it: the counter with the most engines counts.
	e.live = identities{}
	for i := range c {
		if c[i].Kind == instruments.KindCounter {
			if ids := e.identitiesOf(c[i].data()); len(ids) > len(e.live) {
				e.live = ids
			}
		}
	}
	maps.Copy(e.everLive, e.live)
	if len(e.everLive) == 0 { // views dropped every counter: closed engines cannot be told
		for i := range c {
			maps.Copy(e.live, e.identitiesOf(c[i].data()))
		}
	}
}

func (e *engines) identitiesOf(data metricdata.Aggregation) identities {
	ids := identities{}
	forEachSet(data, func(set attribute.Set) {
		if s := e.series(set); !s.overflow {
			ids[s.id] = struct{}{}
		}
	})
	return ids
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

// hideClosed deletes the series of closed engines from m.
func (e *engines) hideClosed(m *metricdata.Metrics) {
	var live, others bool
	forEachSet(m.Data, func(set attribute.Set) {
		isLive := e.live.has(e.series(set).id)
		live, others = live || isLive, others || !isLive
	})
	if !others {
		return
	}
	m.Data = deletePoints(m.Data, func(set attribute.Set) bool {
		s := e.series(set)
		if s.overflow || e.live.has(s.id) {
			return false
		}
		// A view may have taken attributes from m; the rest has to be a live engine's.
		return live || e.everLive.has(s.id) || len(e.without([]identity{s.id})) == len(e.live)
	})
}

// merged returns the identities of data if a view took attributes from it: one
// that is not live stands for all live engines that it is a part of.
func (e *engines) merged(data metricdata.Aggregation) (ids []identity, ok bool) {
	forEachSet(data, func(set attribute.Set) {
		if s := e.series(set); !s.overflow && !e.live.has(s.id) && !slices.Contains(ids, s.id) {
			ids = append(ids, s.id)
		}
	})
	if len(ids) == 0 {
		return nil, false
	}
	return append(ids, e.without(ids)...), true
}

// without returns the live engines that none of the parts stands for.
func (e *engines) without(parts []identity) []identity {
	var ids []identity
	for id := range e.live {
		if !slices.ContainsFunc(parts, func(part identity) bool { return part.isPartOf(id) }) {
			ids = append(ids, id)
		}
	}
	return ids
}
