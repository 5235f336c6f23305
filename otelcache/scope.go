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
	key      any
	users    int  // under the registry's lock
	retiring bool // under the registry's lock: a goroutine ends the callback

	create       sync.Once
	meter        metric.Meter
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
		s.err = ofProvider("make the instruments", func() (err error) {
			s.meter = mp.Meter(instruments.ScopeName, metric.WithInstrumentationVersion(Version))
			s.instruments, err = newInstrumentSet(s.meter)
			return err
		})
		if s.err == nil {
			s.err = s.register()
		}
	})
	return s.err
}

// register starts the callback of the observable instruments.
func (s *scope) register() error {
	return ofProvider("register the callback of the observable instruments", func() (err error) {
		s.registration, err = s.meter.RegisterCallback(s.collect, s.instruments.observables...)
		return err
	})
}

// unregister ends the callback. The SDK waits for a collection in progress.
func (s *scope) unregister() error {
	return ofProvider("unregister the callback of the observable instruments", func() error {
		return s.registration.Unregister()
	})
}

// ofProvider calls the meter provider, whose errors and panics it returns.
func ofProvider(what string, call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("otelcache: %s: the meter provider panicked: %v", what, r)
		}
	}()
	if err := call(); err != nil {
		return fmt.Errorf("otelcache: %s: %w", what, err)
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
	self.observe(o, s.instruments.processCounters)
	s.readers.end(readerOf(o), epoch, now)
	return nil
}
