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
	changes  int                           // of live
	counted  bool                          // some collection had counters
	everLive identities                    // and still in collections
	seen     map[attribute.Distinct]series // in this collection
	spare    [2]identities                 // reused
}

func newEngines() engines {
	return engines{
		live: identities{}, everLive: identities{}, seen: map[attribute.Distinct]series{},
		spare: [2]identities{{}, {}},
	}
}

// find reads the live engines from a collection.
func (e *engines) find(c catalog) {
	e.forget()
	clear(e.seen)
	// Every counter of engines has all of them. If a view took attributes from one, several
	// engines may share a series of it: the counter with the most engines counts.
	live, ids := e.spare[0], e.spare[1]
	clear(live)
	for i := range c {
		if data := c[i].data(); c[i].Kind == instruments.KindCounter && !c[i].Process && countPoints(data) > len(live) {
			clear(ids)
			if e.addIdentities(ids, data); len(ids) > len(live) {
				live, ids = ids, live
			}
		}
	}
	maps.Copy(e.everLive, live)
	if e.counted = e.counted || len(live) > 0; !e.counted { // views dropped every counter: closed engines cannot be told
		for i := range c {
			if !c[i].Process {
				e.addIdentities(live, c[i].data())
			}
		}
	}
	if !maps.Equal(live, e.live) {
		e.live, live = live, e.live
		e.changes++
	}
	e.spare = [2]identities{live, ids}
}

// forget drops closed engines whose series were not in the last collection any
// more: those of bound instruments end with their engine.
func (e *engines) forget() {
	if len(e.everLive) <= len(e.live) {
		return
	}
	present := e.spare[0]
	clear(present)
	for _, s := range e.seen {
		present[s.id] = struct{}{}
	}
	maps.DeleteFunc(e.everLive, func(id identity, _ struct{}) bool { return !present.has(id) })
}

func (e *engines) addIdentities(ids identities, data metricdata.Aggregation) {
	forEachSet(data, func(set attribute.Set) {
		if s := e.series(set); !s.overflow {
			ids[s.id] = struct{}{}
		}
	})
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

// hasOverflow reports whether some metric of the engines in this collection has a
// series for what is above the SDK's cardinality limit.
func (e *engines) hasOverflow() bool {
	_, ok := e.seen[overflow]
	return ok
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
