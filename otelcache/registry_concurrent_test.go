// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"errors"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// rendezvous is a tracer provider that lets nobody go on before all are there: a
// monitor asks it for its tracer while it is made.
type rendezvous struct {
	noop.TracerProvider
	missing atomic.Int64
}

func newRendezvous(n int64) *rendezvous {
	r := new(rendezvous)
	r.missing.Store(n)
	return r
}

func (r *rendezvous) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	r.missing.Add(-1)
	for start := time.Now(); r.missing.Load() > 0 && time.Since(start) < time.Second; { // spins, so that all go on in the same instant
		runtime.Gosched()
	}
	return r.TracerProvider.Tracer(name, opts...)
}

// TestEngineHasOneMonitorConcurrentSafe has two goroutines make the monitor of an
// engine: both are in the middle of it at once, and one gets it.
func TestEngineHasOneMonitorConcurrentSafe(t *testing.T) {
	mp := otelcache.WithMeterProvider(sdkmetric.NewMeterProvider())
	for round := range 1000 {
		together := otelcache.WithTracerProvider(newRendezvous(2))
		var made atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				m, err := otelcache.New(otelcache.Engine{WorkerID: strconv.Itoa(round)}, mp, together)
				if err != nil && !errors.Is(err, otelcache.ErrEngineLive) {
					t.Errorf("New: %v", err)
				}
				if err == nil {
					made.Add(1)
					t.Cleanup(func() { closeMonitor(t, m) })
				}
			})
		}
		wg.Wait()
		if n := made.Load(); n != 1 {
			t.Fatalf("got %d monitors in round %d, want 1", n, round)
		}
	}
}

// TestProviderHasOneCallbackConcurrentSafe has eight goroutines make the first
// monitor of a provider, which is slow: one meter and one callback are enough.
func TestProviderHasOneCallbackConcurrentSafe(t *testing.T) {
	p := newCountingProvider(sdkmetric.NewMeterProvider())
	p.gate = make(chan struct{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { openMonitor(t, otelcache.Engine{WorkerID: strconv.Itoa(i)}, otelcache.WithMeterProvider(p)) })
	}
	time.Sleep(10 * ms) // until they wait, one for the provider and the others for that one
	close(p.gate)
	wg.Wait()
	if meters, callbacks := p.meters.Load(), p.registered.Load(); meters != 1 || callbacks != 1 {
		t.Errorf("got %d meters and %d callbacks, want 1 of each", meters, callbacks)
	}
}

// TestGetOrCreateOnTwoProvidersConcurrentSafe has two goroutines ask for an engine
// on providers of their own at once: both get the same monitor, and the other
// provider has none of the engine.
func TestGetOrCreateOnTwoProvidersConcurrentSafe(t *testing.T) {
	misuse := captureReports(t)
	e := otelcache.Engine{WorkerID: "two providers"}
	together := newRendezvous(2)
	readers := []*sdkmetric.ManualReader{sdkmetric.NewManualReader(), sdkmetric.NewManualReader()}
	got := make([]*otelcache.Monitor, len(readers))
	providers := make([]metric.MeterProvider, len(readers))
	var wg sync.WaitGroup
	for i, r := range readers {
		providers[i] = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))
		wg.Go(func() {
			m, err := otelcache.GetOrCreate(e, otelcache.WithMeterProvider(providers[i]), otelcache.WithTracerProvider(together))
			if err != nil {
				t.Errorf("GetOrCreate: %v", err)
			}
			got[i] = m
		})
	}
	wg.Wait()
	if got[0] != got[1] {
		t.Errorf("got the monitors %p and %p, want one", got[0], got[1])
	}
	wantReport(t, misuse, otelcache.ErrMisuse, "another meter provider")
	pages := 0
	for _, r := range readers {
		if len(collect(t, r)) > 0 {
			pages++
		}
	}
	if pages != 1 {
		t.Errorf("the engine is on the pages of %d providers, want 1", pages)
	}
	closeMonitor(t, got[0])
	for _, mp := range providers {
		closeMonitor(t, openMonitor(t, e, otelcache.WithMeterProvider(mp)))
	}
}

// unregisterHook is a meter provider that calls a function before the callback of
// the observable instruments is unregistered.
type unregisterHook struct {
	metric.MeterProvider
	before func()
}

func (h *unregisterHook) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return hookedMeter{h.MeterProvider.Meter(name, opts...), h}
}

type hookedMeter struct {
	metric.Meter
	of *unregisterHook
}

func (m hookedMeter) RegisterCallback(f metric.Callback, insts ...metric.Observable) (metric.Registration, error) {
	r, err := m.Meter.RegisterCallback(f, insts...)
	return hookedRegistration{r, m.of}, err
}

type hookedRegistration struct {
	metric.Registration
	of *unregisterHook
}

func (r hookedRegistration) Unregister() error {
	if before := r.of.before; before != nil {
		r.of.before = nil
		before()
	}
	return r.Registration.Unregister()
}

// TestEngineComesBackWhileItsCloseGoesOn makes an engine's next monitor before the
// callback of the last one is unregistered, which is when the provider forgets it:
// a collection has the new counts alone.
func TestEngineComesBackWhileItsCloseGoesOn(t *testing.T) {
	for name, open := range map[string]func(*testing.T, ...otelcache.Option) (*otelcache.Monitor, func() error){
		"monitor": func(t *testing.T, opts ...otelcache.Option) (*otelcache.Monitor, func() error) {
			m := openMonitor(t, testEngine, opts...)
			return m, m.Close
		},
		"set of engines": func(t *testing.T, opts ...otelcache.Option) (*otelcache.Monitor, func() error) {
			s, err := otelcache.NewEngines(1, time.Minute, opts...)
			if err != nil {
				t.Fatal(err)
			}
			return s.Monitor(testEngine), s.Close
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := sdkmetric.NewManualReader()
			hook := &unregisterHook{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))}
			opts := []otelcache.Option{otelcache.WithMeterProvider(hook), untraced}
			m, closeIt := open(t, opts...)
			m.RecordEviction(100)
			want := func(when string) {
				t.Helper()
				if got := pointsOf(t, collect(t, r), testIdentity)["lmcache.local_cpu.evicted_keys"]; got != "3" {
					t.Errorf("%s, the page has %q keys, want the 3 of the new monitor", when, got)
				}
			}
			called := false
			hook.before = func() {
				called = true
				openMonitor(t, testEngine, opts...).RecordEviction(3)
				want("while the old callback is there")
			}
			if err := closeIt(); err != nil {
				t.Error(err)
			}
			if !called {
				t.Error("Close did not unregister the callback")
			}
			want("after Close")
		})
	}
}
