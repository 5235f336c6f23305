// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Engines is a bounded set of monitors, for hosts that learn per request which
// engine it is about, such as a router. It is made by [NewEngines] and safe for
// concurrent use. Methods of the nil and of the zero Engines do nothing.
//
// An engine that nobody has used for the idle time keeps its place, and its counts
// go on from there when it comes back, until a new engine needs the place. It
// makes room only when it has no operation in flight and every reader has
// collected since its last event, so that no count is lost; a reader is known from
// its first collection on. An engine that made room starts at 0 when it comes back.
// Without room, new engines share one, whose fields are "_OTHER" where theirs are
// set; so do those that come back before every reader has missed them.
//
// An idle engine stays on the page for the sake of readers that send deltas: the
// SDK forgets a counter that is missing from one collection, and would send the
// whole of it again. With the meter provider of package exporters/bound, whose
// readers count as one, an engine that made room leaves nothing behind, and there
// is no limit beside that of the set: use it when engines come and go. The SDK's
// own histograms stay in any case, and it keeps at most 2,000 series of each
// instrument by default: a host with more engines over time sets
// sdkmetric.WithCardinalityLimit.
type Engines struct {
	limit  int
	idle   time.Duration
	config config
	scope  *scope

	pending *Monitor // of lookups whose engine is not known yet; no reader sees it

	mu         sync.RWMutex
	monitors   map[Engine]*Monitor
	others     map[Engine]*Monitor // above the limit
	candidates []*Monitor          // to make room, the longest idle last
	leaving    map[Engine]int64    // those that made room, by the epoch of it, until all readers have missed them
	nextSweep  time.Time
	closed     bool
}

// use is what a set knows of the use of a monitor.
type use struct {
	dropped atomic.Bool  // it made room
	epoch   atomic.Int64 // of its last event
	seen    atomic.Int64 // the epoch at the last look
	since   atomic.Int64 // unix nanoseconds of the first look that found seen
}

// NewEngines makes a set of at most limit engines on one meter provider, not
// counting the one that stands for those above the limit. The options are those of
// all its monitors. Close it at the end.
//
// The errors are [ErrInvalidOption] for a limit or an idle time that is not
// positive and for the options, and the meter provider's refusal of an instrument.
// Along with an error comes a set whose monitors record nothing.
func NewEngines(limit int, idle time.Duration, opts ...Option) (*Engines, error) {
	c, err := newConfig(opts)
	if limit <= 0 {
		err = errors.Join(err, invalid("NewEngines with limit %d: want a positive number", limit))
	}
	if idle <= 0 {
		err = errors.Join(err, invalid("NewEngines with idle time %v: want a positive duration", idle))
	}
	if err != nil {
		return new(Engines), err
	}
	s := &Engines{limit: limit, idle: idle, config: c}
	s.monitors, s.others, s.leaving = map[Engine]*Monitor{}, map[Engine]*Monitor{}, map[Engine]int64{}
	if s.scope, err = live.join(c.meterProvider); err != nil {
		return new(Engines), err
	}
	s.pending = newMonitor(Engine{}, c, s.scope)
	s.pending.closed.Store(true) // or a lookup that fails would record its duration
	return s, nil
}

// Monitor returns the monitor of an engine, or the shared one above the limit. It
// is not closed by its user. A monitor may be kept: the next event of one that made
// room in the meantime brings it back, or goes to the shared one.
func (s *Engines) Monitor(e Engine) *Monitor {
	if s == nil || s.scope == nil {
		return nil
	}
	s.mu.RLock()
	m := s.monitors[e]
	s.mu.RUnlock()
	if m == nil || m.closed.Load() {
		m = s.add(e)
	}
	m.stamp()
	return m
}

// add returns the monitor of an engine, which it makes if need be.
func (s *Engines) add(e Engine) *Monitor {
	if clean := e.clean(); clean != e {
		return s.Monitor(clean)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.pending
	}
	m := s.monitors[e]
	if m != nil && !m.closed.Load() {
		return m
	}
	delete(s.monitors, e) // its owner, who is not the set, has closed it
	if s.isLeaving(e) || !s.hasRoom() {
		return s.other(e)
	}
	e = e.mapSet(strings.Clone) // or the request that it is a part of would stay in memory
	m = newMonitor(e, s.config, s.scope)
	m.engines = s
	s.put(m)
	return s.monitors[e]
}

// put gives m its place, unless a monitor of its identity that does not belong to
// the set is on the page already.
func (s *Engines) put(m *Monitor) {
	m.use.since.Store(time.Now().UnixNano())
	m.stamp()
	s.monitors[m.engine] = s.scope.add(m)
}

// other returns the monitor that stands for engines above the limit.
func (s *Engines) other(e Engine) *Monitor {
	e = e.mapSet(func(string) string { return instruments.Other })
	if m := s.others[e]; m != nil {
		return m
	}
	m := newMonitor(e, s.config, s.scope)
	m.engines = s
	s.others[e] = s.scope.add(m)
	return s.others[e]
}

// mapSet returns e with f applied to the fields that are set.
func (e Engine) mapSet(f func(string) string) Engine {
	for _, field := range []*string{&e.ModelName, &e.WorkerID, &e.Role, &e.ServedModelName} {
		if *field != "" {
			*field = f(*field)
		}
	}
	return e
}

// hasRoom reports whether there is a place for one more engine, after it has
// dropped an idle one if need be.
func (s *Engines) hasRoom() bool {
	if len(s.monitors) < s.limit {
		return true
	}
	now := time.Now()
	if len(s.candidates) == 0 && !now.Before(s.nextSweep) {
		s.sweep(now)
	}
	seen := s.scope.readers.haveSeen(now)
	for len(s.candidates) > 0 {
		last := len(s.candidates) - 1
		m := s.candidates[last]
		s.candidates = s.candidates[:last]
		if s.drop(m, now, seen) {
			return true
		}
	}
	return false
}

// sweep collects the idle engines.
func (s *Engines) sweep(now time.Time) {
	s.nextSweep = now.Add(s.idle / 8)
	s.scope.readers.begin() // later events have a later epoch
	seen := s.scope.readers.haveSeen(now)
	maps.DeleteFunc(s.leaving, func(_ Engine, epoch int64) bool { return epoch < seen })
	for _, m := range s.monitors {
		if m.engines == s && now.Sub(m.idleSince(now)) >= s.idle {
			s.candidates = append(s.candidates, m)
		}
	}
	slices.SortFunc(s.candidates, func(a, b *Monitor) int { return int(b.use.since.Load() - a.use.since.Load()) })
}

// drop takes m out of the set, unless it has an operation in flight, or an event
// that a reader has not collected.
func (s *Engines) drop(m *Monitor, now time.Time, seen int64) bool {
	if now.Sub(m.idleSince(now)) < s.idle {
		return false // it was used since the sweep
	}
	m.use.dropped.Store(true) // before the look at operations in flight: enter does the reverse
	if m.counters.net(m.inFlight()) != 0 || m.use.epoch.Load() >= seen {
		m.use.dropped.Store(false)
		return false
	}
	s.scope.remove(m)
	delete(s.monitors, m.engine)
	s.leaving[m.engine] = s.scope.readers.epoch.Load()
	return true
}

// isLeaving reports whether an engine has made room and some reader has not
// collected since. Such a reader would take the counts of the engine's next
// monitor for a fall.
func (s *Engines) isLeaving(e Engine) bool {
	epoch, ok := s.leaving[e]
	if ok && epoch < s.scope.readers.haveSeen(time.Now()) {
		delete(s.leaving, e)
		ok = false
	}
	return ok
}

// revive returns the monitor that takes the events of m, which made room.
func (s *Engines) revive(m *Monitor) *Monitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch now := s.monitors[m.engine]; {
	case now != nil:
		return now
	case s.closed:
		m.closed.Store(true) // no reader sees it
		m.use.dropped.Store(false)
	case !s.isLeaving(m.engine) && s.hasRoom():
		m.startAnew() // readers that send deltas have forgotten it
		s.put(m)
		if s.monitors[m.engine] != m {
			return s.monitors[m.engine]
		}
		m.use.dropped.Store(false) // its histograms are bound by now
	default:
		return s.other(m.engine)
	}
	return m
}

// inFlight is the index of the number of operations in flight.
func (m *Monitor) inFlight() int { return len(m.instruments.counters) + int(noRate) }

// enter returns the monitor that takes the events of m, and keeps it in its set
// until exit. Both are inlined for monitors that belong to no set.
func (m *Monitor) enter() *Monitor {
	if m.engines == nil {
		return m
	}
	return m.enterSet()
}

func (m *Monitor) enterSet() *Monitor {
	for m.engines != nil {
		m.counters.change(m.inFlight(), 1)
		if !m.use.dropped.Load() {
			break
		}
		m.counters.change(m.inFlight(), -1)
		m = m.engines.revive(m)
	}
	return m
}

func (m *Monitor) exit() {
	if m.engines != nil {
		m.exitSet()
	}
}

func (m *Monitor) exitSet() {
	m.stamp()
	m.counters.change(m.inFlight(), -1)
}

// stamp notes that m is used in this epoch.
func (m *Monitor) stamp() {
	epoch := m.scope.readers.epoch.Load()
	for {
		last := m.use.epoch.Load()
		if last >= epoch || m.use.epoch.CompareAndSwap(last, epoch) {
			return
		}
	}
}

// idleSince returns when m was first seen without an event since.
func (m *Monitor) idleSince(now time.Time) time.Time {
	if epoch := m.use.epoch.Load(); m.use.seen.Swap(epoch) != epoch {
		m.use.since.Store(now.UnixNano())
	}
	return time.Unix(0, m.use.since.Load())
}

// Close ends the metrics of all engines of the set, as [Monitor.Close] does. It may
// be called more than once.
func (s *Engines) Close() error {
	if s == nil || s.scope == nil {
		return nil
	}
	if !s.closeAll() {
		return nil
	}
	return live.leave(s.scope) // which waits for the provider: not with the lock held
}

// closeAll reports whether this is the first call.
func (s *Engines) closeAll() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.closed = true
	for _, all := range []map[Engine]*Monitor{s.monitors, s.others} {
		for _, m := range all {
			if m.engines == s {
				m.closed.Store(true)
				s.scope.remove(m)
			}
		}
	}
	clear(s.monitors)
	return true
}

// PendingLookup is a lookup whose engine is not known yet. It counts nowhere until
// it ends, and then wholly under one engine. Its methods are safe for concurrent
// use; those of the zero PendingLookup do nothing.
type PendingLookup struct{ *operation }

// StartLookup starts a lookup of numTokens tokens for a host that chooses the
// engine by its result: the span lmcache.lookup, and the clock. Use the returned
// context for what the lookup does.
func (s *Engines) StartLookup(ctx context.Context, numTokens int) (context.Context, PendingLookup) {
	if s == nil {
		return orBackground(ctx), PendingLookup{}
	}
	o := new(operation)
	return o.begin(ctx, s.pending, &lookupKind, numTokens), PendingLookup{o}
}

// Hit says that a tier has so many of the tokens, as [Lookup.Hit] does.
func (l PendingLookup) Hit(tier string, tokens int) { l.claimHit(tier, tokens) }

// Miss says why so many of the tokens were not found, as [Lookup.Miss] does.
func (l PendingLookup) Miss(reason MissReason, tokens int) { l.claimMiss(reason, tokens) }

// FinishOn ends the lookup with the number of tokens found, under the engine of m.
func (l PendingLookup) FinishOn(m *Monitor, hitTokens int) {
	l.settle(m, func(o *operation, r outcome) {
		r.moved = orUnknown(int64(hitTokens), o.kind.span)
		o.finished(r)
	})
}

// FailOn ends the lookup with an error, under the engine of m.
func (l PendingLookup) FailOn(m *Monitor, err error) {
	l.settle(m, func(o *operation, r outcome) { o.failedIn(o.ctx, r, err) })
}

// Fail ends the lookup with an error. No engine counts it: nobody was chosen.
func (l PendingLookup) Fail(err error) { l.operation.Fail(err) }

// settle ends the lookup as an operation of m.
func (l PendingLookup) settle(m *Monitor, record func(*operation, outcome)) {
	r, ok := l.end()
	if !ok {
		return
	}
	if !m.ready() {
		l.operation.endSpan(nil)
		return
	}
	m = m.enter()
	defer m.exit()
	o := &operation{
		mon: m, kind: l.kind, ctx: l.ctx, span: l.span, arena: l.arena, start: l.start, tokens: l.tokens, timed: l.timed,
	}
	o.takeClaims(l.operation)
	if l.hasExtra.Load() {
		o.extra = l.extra
		o.hasExtra.Store(true)
	}
	r.now = m.now()
	m.count(o.kind.requests, 1)
	m.count(o.kind.requested, o.tokens)
	if o.arena != nil {
		o.span.SetAttributes(m.attrs...)
	}
	record(o, r)
}
