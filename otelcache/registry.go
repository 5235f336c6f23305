// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"reflect"
	"sync"
)

// live holds the monitors of the process that are not closed.
var live = registry{monitors: map[registryKey]*Monitor{}, shared: map[Engine]*Monitor{}}

type registry struct {
	creating sync.Mutex // held while a monitor is made, so that there is one an engine

	mu       sync.Mutex
	monitors map[registryKey]*Monitor
	shared   map[Engine]*Monitor // those that GetOrCreate gave
}

type registryKey struct {
	engine        Engine
	meterProvider any
}

func keyOf(e Engine, c config) registryKey {
	if !reflect.ValueOf(c.meterProvider).Comparable() {
		// Such a provider has no identity: treat it as any other of its type.
		return registryKey{e, reflect.TypeOf(c.meterProvider)}
	}
	return registryKey{e, c.meterProvider}
}

// GetOrCreate returns the process's monitor of an engine. The first call makes
// it, with the options; later calls return it and ignore theirs, until it is
// closed. A monitor that [New] made of the engine on the same meter provider
// becomes the process's. The errors are those of [New] but [ErrEngineLive]; along
// with one comes a monitor that records nothing.
func GetOrCreate(e Engine, opts ...Option) (*Monitor, error) {
	if m := live.sharedMonitor(e); m != nil {
		return m, nil
	}
	m, _, err := live.getOrCreate(e, opts)
	if err != nil {
		return inert(e), err
	}
	return live.share(m), nil
}

func (r *registry) getOrCreate(e Engine, opts []Option) (m *Monitor, created bool, err error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, false, err
	}
	if err := e.validate(); err != nil {
		return nil, false, err
	}
	r.creating.Lock()
	defer r.creating.Unlock()
	k := keyOf(e, c)
	if m := r.monitor(k); m != nil {
		return m, false, nil
	}
	if m, err = newMonitor(e, c); err != nil {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.monitors[k] = m
	return m, true, nil
}

func (r *registry) monitor(k registryKey) *Monitor {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.monitors[k]
}

func (r *registry) sharedMonitor(e Engine) *Monitor {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shared[e]
}

// share makes m the process's monitor of its engine, unless there is one by now.
// It returns the process's.
func (r *registry) share(m *Monitor) *Monitor {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.shared[m.engine]; other != nil {
		return other
	}
	if !m.closed.Load() {
		r.shared[m.engine] = m
	}
	return m
}

func (r *registry) remove(m *Monitor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := keyOf(m.engine, m.config); r.monitors[k] == m {
		delete(r.monitors, k)
	}
	if r.shared[m.engine] == m {
		delete(r.shared, m.engine)
	}
}
