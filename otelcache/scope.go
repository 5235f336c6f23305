// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// scope is the module's presence on one meter provider: the instruments, made
// once, and one callback for all of its monitors.
//
// It calls the provider, which may block, with no lock of the registry held.
type scope struct {
	key   any
	users int // under the registry's lock

	create       sync.Once
	instruments  *instrumentSet
	registration metric.Registration
	err          error

	mu         sync.Mutex
	byIdentity map[identity]*Monitor
	monitors   atomic.Pointer[[]*Monitor] // the same, oldest first; readers get a slice that never changes
	collecting atomic.Int32

	readers readers
}

// identity tells the series of two monitors on one provider apart.
type identity struct {
	engine     Engine
	attributes attribute.Distinct // of the host's own
}

// providerKey returns the map key of a provider.
func providerKey(mp metric.MeterProvider) any {
	if !reflect.ValueOf(mp).Comparable() {
		return reflect.TypeOf(mp) // it has no identity: treat it as any other of its type
	}
	return mp
}

// open creates the instruments and registers the callback, once.
func (s *scope) open(mp metric.MeterProvider) error {
	s.create.Do(func() {
		meter := mp.Meter(instruments.ScopeName, metric.WithInstrumentationVersion(Version))
		if s.instruments, s.err = newInstrumentSet(meter); s.err != nil {
			s.err = fmt.Errorf("otelcache: %w", s.err)
			return
		}
		if s.registration, s.err = meter.RegisterCallback(s.collect, s.instruments.observables...); s.err != nil {
			s.err = fmt.Errorf("otelcache: register the callback of the observable instruments: %w", s.err)
		}
	})
	return s.err
}

// close ends the callback. Unregistering waits for a collection in progress, so
// that a host that closes its last monitor in a gauge callback must not wait here.
func (s *scope) close() error {
	if s.registration == nil {
		return nil
	}
	if s.collecting.Load() > 0 {
		go func() { _ = s.registration.Unregister() }()
		return nil
	}
	if err := s.registration.Unregister(); err != nil {
		return fmt.Errorf("otelcache: unregister the callback of the observable instruments: %w", err)
	}
	return nil
}

// add puts m on the page and lets its histograms start, unless its identity is
// there already; it returns the monitor that is. Nothing may record in m yet.
func (s *scope) add(m *Monitor) *Monitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.byIdentity[m.identity]; other != nil {
		return other
	}
	if s.byIdentity == nil {
		s.byIdentity = map[identity]*Monitor{}
	}
	s.byIdentity[m.identity] = m
	m.recorders.bind()
	// The order stays: above the SDK's limit, the first engines keep their series.
	list := append(slices.Clone(s.list()), m)
	s.monitors.Store(&list)
	return m
}

// remove takes m from the page and ends its histograms. It does so under the lock,
// or they could be those of the identity's next monitor.
func (s *scope) remove(m *Monitor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byIdentity[m.identity] == m {
		delete(s.byIdentity, m.identity)
		list := slices.DeleteFunc(slices.Clone(s.list()), func(other *Monitor) bool { return other == m })
		s.monitors.Store(&list)
		m.recorders.finish()
	}
}

func (s *scope) list() []*Monitor {
	if list := s.monitors.Load(); list != nil {
		return *list
	}
	return nil
}

// collect is the callback of the observable instruments.
func (s *scope) collect(_ context.Context, o metric.Observer) error {
	s.collecting.Add(1)
	defer s.collecting.Add(-1)
	epoch, now := s.readers.begin(), time.Now()
	for _, m := range s.list() {
		m.idleSince(now)
		m.collect(o)
	}
	s.readers.end(readerOf(o), epoch, now)
	return nil
}
