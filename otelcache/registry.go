// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// live holds the scopes and the monitors of the process that are not closed.
var live = registry{scopes: map[any]*scope{}, shared: map[Engine]*Monitor{}}

type registry struct {
	mu     sync.Mutex
	scopes map[any]*scope      // by meter provider
	shared map[Engine]*Monitor // the results of GetOrCreate
}

// join returns the open scope of a meter provider. Each success is paired with a
// leave.
func (r *registry) join(mp metric.MeterProvider) (*scope, error) {
	r.mu.Lock()
	key := providerKey(mp)
	s := r.scopes[key]
	if s == nil {
		s = &scope{key: key, readers: readers{opened: time.Now()}}
		r.scopes[key] = s
	}
	s.users++
	r.mu.Unlock()
	if err := s.open(mp); err != nil {
		_ = r.leave(s)
		return nil, err
	}
	return s, nil
}

// closePatience is how long Close waits for a provider that is busy.
const closePatience = time.Second

// leave ends a use of a scope. The last one ends the scope's callback, for which
// the provider waits until no collection is in progress. A host that closes its
// last monitor in a gauge callback would wait for itself, so another goroutine
// does it.
func (r *registry) leave(s *scope) error {
	if !r.startRetiring(s) {
		return nil
	}
	retired, gone := make(chan error), make(chan struct{})
	go func() {
		err := r.retire(s)
		select {
		case retired <- err:
		case <-gone:
			if err != nil {
				report(callbackRefused, "%v", err)
			}
		}
	}()
	defer close(gone)
	if s.collecting.Load() > 0 {
		return nil
	}
	patience := time.NewTimer(closePatience)
	defer patience.Stop()
	select {
	case err := <-retired:
		return err
	case <-patience.C:
		return nil
	}
}

// startRetiring takes a user from the scope. It reports whether the caller has to
// retire the scope.
func (r *registry) startRetiring(s *scope) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.users--
	if s.users > 0 || s.retiring {
		return false
	}
	if s.registration == nil { // it could not be opened
		r.forget(s)
		return false
	}
	s.retiring = true
	return true
}

// retire ends the callback of a scope and forgets the scope. If somebody has joined
// it in the meantime, who may be in a collection and must not wait, it gets its
// callback back instead.
func (r *registry) retire(s *scope) error {
	for {
		err := s.unregister()
		if r.endRetiring(s, func() bool { return s.users == 0 }) {
			return err
		}
		if err := s.register(); err != nil {
			report(callbackRefused, "%v", err)
		}
		if r.endRetiring(s, func() bool { return s.users > 0 }) {
			return nil
		}
	}
}

// endRetiring reports whether the scope may stay as it is.
func (r *registry) endRetiring(s *scope, asItIs func() bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !asItIs() {
		return false
	}
	s.retiring = false
	if s.users == 0 {
		r.forget(s)
	}
	return true
}

// forget lets the provider's next user make a scope anew.
func (r *registry) forget(s *scope) {
	if r.scopes[s.key] == s {
		delete(r.scopes, s.key)
	}
}

// New makes the monitor of an engine. Its counters are reported, with 0, from
// the next collection on. Close it when the engine goes away.
//
// The errors are [ErrInvalidOption], [ErrEngineLive] when the engine has a
// monitor on the same meter provider that is not closed (its counts and those of
// a second one could not be told apart), and the meter provider's refusal of an
// instrument. Along with an error comes a monitor that records nothing, so that a
// host may log the error and go on.
func New(e Engine, opts ...Option) (*Monitor, error) {
	e = e.clean()
	m, created, err := live.getOrCreate(e, opts)
	if err == nil && !created {
		err = fmt.Errorf("%w: %+v; close it first, or share it with GetOrCreate", ErrEngineLive, e)
	}
	if err != nil {
		return inert(e), err
	}
	return m, nil
}

// GetOrCreate returns the process's monitor of an engine. The first call makes
// it, with the options; later calls return it and ignore theirs, until it is
// closed. A monitor that [New] made of the engine on the same meter provider
// becomes the process's.
//
// All callers share the monitor, so that only the one who knows that it is the
// last may close it. A later call that asks for another meter provider is reported
// to [otel.Handle]. Engines whose names come from clients belong into
// [NewEngines], which bounds their number.
//
// The errors are those of [New] but [ErrEngineLive]; along with one comes a
// monitor that records nothing.
func GetOrCreate(e Engine, opts ...Option) (*Monitor, error) {
	e = e.clean()
	if m := live.sharedMonitor(e); m != nil {
		m.checkProvider(opts)
		return m, nil
	}
	m, created, err := live.getOrCreate(e, opts)
	if err != nil {
		return inert(e), err
	}
	shared := live.share(m)
	if shared != m { // a call at the same time, for another provider, was faster
		if created {
			_ = m.Close() // or its zeros stay on a page for ever
		}
		shared.checkProvider(opts)
	}
	return shared, nil
}

// checkProvider reports options that name another meter provider than m's.
func (m *Monitor) checkProvider(opts []Option) {
	c := config{meterProvider: m.meterProvider}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if providerKey(c.meterProvider) != providerKey(m.meterProvider) {
		report(otherProvider, "%+v", m.engine)
	}
}

func (r *registry) getOrCreate(e Engine, opts []Option) (m *Monitor, created bool, err error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, false, err
	}
	s, err := r.join(c.meterProvider)
	if err != nil {
		return nil, false, err
	}
	m = newMonitor(e, c, s)
	if other := s.add(m); other != m {
		_ = r.leave(s) // which other still uses
		return other, false, nil
	}
	return m, true, nil
}

func (r *registry) sharedMonitor(e Engine) *Monitor {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shared[e]
}

// share makes m the process's monitor of its engine, unless there is one by now,
// or m is a set's, which closes it without a word to the registry. It returns the
// process's, or m.
func (r *registry) share(m *Monitor) *Monitor {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.shared[m.engine]; other != nil {
		return other
	}
	if !m.closed.Load() && m.engines == nil {
		r.shared[m.engine] = m
	}
	return m
}

func (r *registry) unshare(m *Monitor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared[m.engine] == m {
		delete(r.shared, m.engine)
	}
}

// noScope is the scope of monitors that record nothing.
var noScope = sync.OnceValue(func() *scope {
	s := new(scope)
	_ = s.open(metricnoop.NewMeterProvider()) // which refuses nothing
	return s
})

// inert returns a monitor that records nothing. It is not in the registry.
func inert(e Engine) *Monitor {
	return newMonitor(e, config{
		meterProvider:   metricnoop.NewMeterProvider(),
		logger:          slog.New(slog.DiscardHandler),
		hitRateInterval: defaultHitRateInterval,
	}, noScope())
}
