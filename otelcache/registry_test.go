// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestEngineHasOneMonitorOnAProvider(t *testing.T) {
	r := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp))
	_, err := otelcache.New(testEngine, otelcache.WithMeterProvider(mp))
	wantError(t, err, otelcache.ErrEngineLive, testEngine.ModelName)
	openMonitor(t, testEngine, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider()))

	m.RecordEviction(5)
	closeMonitor(t, m)
	if got := collect(t, r); len(got) != 0 {
		t.Errorf("got %v of a closed engine, want nothing", got)
	}
	again := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp))
	again.RecordEviction(2)
	m.RecordEviction(100) // reaches nobody
	if got := pointsOf(t, collect(t, r), testIdentity)["lmcache.local_cpu.evicted_keys"]; got != "2" {
		t.Errorf("the new monitor has %s keys, want 2", got)
	}
}

func TestEnginesDoNotMix(t *testing.T) {
	r := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))
	openMonitor(t, otelcache.Engine{WorkerID: "0"}, otelcache.WithMeterProvider(mp)).RecordEviction(1)
	openMonitor(t, otelcache.Engine{WorkerID: "1"}, otelcache.WithMeterProvider(mp)).RecordEviction(2)
	got := pointsOf(t, collect(t, r), *attribute.EmptySet()) // the fields that are unset are left out
	for worker, want := range map[string]string{"0": "1", "1": "2"} {
		if v := got["lmcache.local_cpu.evicted_keys{lmcache.worker.id="+worker+"}"]; v != want {
			t.Errorf("worker %s evicted %q keys, want %s", worker, v, want)
		}
	}
}

func TestGetOrCreateConcurrentSafe(t *testing.T) {
	e := otelcache.Engine{WorkerID: "get or create"}
	got := make([]*otelcache.Monitor, 16)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			m, err := otelcache.GetOrCreate(e)
			if err != nil {
				t.Errorf("GetOrCreate: %v", err)
			}
			got[i] = m
		})
	}
	wg.Wait()
	for _, m := range got {
		if m != got[0] {
			t.Error("got several monitors, want one")
		}
	}
	closeMonitor(t, got[0])
	again, err := otelcache.GetOrCreate(e)
	if err != nil || again == got[0] {
		t.Errorf("got %p, %v after Close of %p, want another monitor", again, err, got[0])
	}
	closeMonitor(t, again)
}

// TestMonitorOfAnErrorLeavesTheLiveOneAlone closes what came with an error, as
// a deferred Close does.
func TestMonitorOfAnErrorLeavesTheLiveOneAlone(t *testing.T) {
	for _, mp := range []metric.MeterProvider{noop.NewMeterProvider(), sdkmetric.NewMeterProvider()} {
		openMonitor(t, testEngine, otelcache.WithMeterProvider(mp))
		for range 2 {
			m, err := otelcache.New(testEngine, otelcache.WithMeterProvider(mp))
			closeMonitor(t, m)
			if err == nil {
				t.Errorf("Close of the monitor that came with an error forgot the live one on a %T", mp)
			}
			wantError(t, err, otelcache.ErrEngineLive, testEngine.ModelName)
		}
	}
}

// TestGetOrCreateWhileOthersCloseConcurrentSafe checks that no closed monitor stays
// the process's.
func TestGetOrCreateWhileOthersCloseConcurrentSafe(t *testing.T) {
	e := otelcache.Engine{WorkerID: "get, create and close"}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				m, err := otelcache.GetOrCreate(e, noProviders...)
				if err != nil {
					t.Errorf("GetOrCreate: %v", err)
				}
				closeMonitor(t, m)
			}
		})
	}
	wg.Wait()
	m, err := otelcache.GetOrCreate(e, noProviders...)
	if err != nil {
		t.Fatal(err)
	}
	defer closeMonitor(t, m)
	if _, err := m.Observe(instruments.Healthy, func() float64 { return 1 }); err != nil {
		t.Errorf("the process's monitor refuses a gauge: %v", err)
	}
}

// countingProvider counts what is made on it. Meter waits for the gate.
type countingProvider struct {
	metric.MeterProvider
	meters, histograms, registered, unregistered atomic.Int64
	gate                                         chan struct{}
}

func newCountingProvider(mp metric.MeterProvider) *countingProvider {
	p := &countingProvider{MeterProvider: mp, gate: make(chan struct{})}
	close(p.gate)
	return p
}

func (p *countingProvider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	<-p.gate
	p.meters.Add(1)
	return countingMeter{p.MeterProvider.Meter(name, opts...), p}
}

type countingMeter struct {
	metric.Meter
	of *countingProvider
}

func (m countingMeter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	m.of.histograms.Add(1)
	return m.Meter.Float64Histogram(name, opts...)
}

func (m countingMeter) RegisterCallback(f metric.Callback, insts ...metric.Observable) (metric.Registration, error) {
	m.of.registered.Add(1)
	r, err := m.Meter.RegisterCallback(f, insts...)
	return countingRegistration{r, m.of}, err
}

type countingRegistration struct {
	metric.Registration
	of *countingProvider
}

func (r countingRegistration) Unregister() error {
	r.of.unregistered.Add(1)
	return r.Registration.Unregister()
}

// TestOneCallbackOfAProvider has monitors and sets of engines share one.
func TestOneCallbackOfAProvider(t *testing.T) {
	r := sdkmetric.NewManualReader()
	p := newCountingProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(r)))
	var monitors []*otelcache.Monitor
	for i := range 10 {
		m, err := otelcache.New(otelcache.Engine{WorkerID: strconv.Itoa(i)}, otelcache.WithMeterProvider(p), untraced)
		if err != nil {
			t.Fatal(err)
		}
		monitors = append(monitors, m)
	}
	s, err := otelcache.NewEngines(5, time.Minute, otelcache.WithMeterProvider(p), untraced)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		s.Monitor(otelcache.Engine{ModelName: strconv.Itoa(i)})
	}
	if n, h := p.registered.Load(), p.histograms.Load(); n != 1 || h != int64(len(instruments.Histograms())) {
		t.Errorf("%d callbacks and %d histograms, want 1 and one of each, %d", n, h, len(instruments.Histograms()))
	}
	if n := len(evicted(t, r)); n != 7 { // those without a model are one here
		t.Errorf("%d models, want 5, others and none", n)
	}
	for _, m := range monitors {
		closeMonitor(t, m)
	}
	if n := p.unregistered.Load(); n != 0 {
		t.Errorf("the callback was unregistered %d times while the set is open", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := p.unregistered.Load(); n != 1 {
		t.Errorf("the callback was unregistered %d times, want once", n)
	}
	openMonitor(t, testEngine, otelcache.WithMeterProvider(p), untraced).RecordEviction(1)
	if got := evicted(t, r)["llama-3-70b"]; p.registered.Load() != 2 || got != 1 {
		t.Errorf("%d callbacks and %d keys, want 2 and 1", p.registered.Load(), got)
	}
}

// within fails the test when f does not return.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s does not return", what)
	}
}

// TestCloseInAGaugeCallback closes the last monitor of a provider while it collects.
func TestCloseInAGaugeCallback(t *testing.T) {
	r := sdkmetric.NewManualReader()
	p := newCountingProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(r)))
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(p), untraced)
	if _, err := m.Observe(instruments.Healthy, func() float64 {
		closeMonitor(t, m)
		return 1
	}); err != nil {
		t.Fatal(err)
	}
	within(t, "the collection", func() { collect(t, r) })
	within(t, "the end of the callback", func() {
		for p.unregistered.Load() == 0 {
			time.Sleep(ms)
		}
	})
	within(t, "the next collection", func() {
		if got := collect(t, r); len(got) != 0 {
			t.Errorf("got %v of a closed monitor", got)
		}
	})
}

// TestProvidersDoNotBlockOneAnother has a provider that does not return a meter.
func TestProvidersDoNotBlockOneAnother(t *testing.T) {
	blocked := &countingProvider{MeterProvider: noop.NewMeterProvider(), gate: make(chan struct{})}
	var wg sync.WaitGroup
	wg.Go(func() { openMonitor(t, testEngine, otelcache.WithMeterProvider(blocked)) })
	wg.Go(func() {
		s, err := otelcache.NewEngines(1, time.Minute, otelcache.WithMeterProvider(blocked))
		if err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(10 * ms)
	within(t, "another provider", func() {
		mp := sdkmetric.NewMeterProvider()
		closeMonitor(t, openMonitor(t, testEngine, otelcache.WithMeterProvider(mp)))
		m, err := otelcache.GetOrCreate(testEngine, otelcache.WithMeterProvider(mp))
		if err != nil {
			t.Error(err)
		}
		closeMonitor(t, m)
	})
	close(blocked.gate)
	wg.Wait()
}

// TestGetOrCreateWithAnotherProvider checks that the engine's monitor stays where
// it is, and that the caller is told.
func TestGetOrCreateWithAnotherProvider(t *testing.T) {
	misuse := captureReports(t)
	e := otelcache.Engine{WorkerID: "another provider"}
	r := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))
	m, err := otelcache.GetOrCreate(e, otelcache.WithMeterProvider(mp), untraced)
	if err != nil {
		t.Fatal(err)
	}
	defer closeMonitor(t, m)
	for _, opts := range [][]otelcache.Option{nil, {nil}, {otelcache.WithMeterProvider(mp)}, {untraced}} {
		if again, err := otelcache.GetOrCreate(e, opts...); again != m || err != nil {
			t.Errorf("got %p, %v, want %p", again, err, m)
		}
	}
	if errs := misuse.take(); len(errs) != 0 {
		t.Errorf("got the reports %v of calls that ask for no other provider", errs)
	}
	again, err := otelcache.GetOrCreate(e, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider()))
	if again != m || err != nil {
		t.Errorf("got %p, %v, want %p", again, err, m)
	}
	wantReport(t, misuse, otelcache.ErrMisuse, "another meter provider", "another provider")
}

// TestGetOrCreateOfAnEngineOfASet checks that the process does not keep a monitor
// that its set has closed.
func TestGetOrCreateOfAnEngineOfASet(t *testing.T) {
	r := sdkmetric.NewManualReader()
	opts := []otelcache.Option{otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))), untraced}
	s, err := otelcache.NewEngines(1, time.Minute, opts...)
	if err != nil {
		t.Fatal(err)
	}
	s.Monitor(testEngine).RecordEviction(1)
	m, err := otelcache.GetOrCreate(testEngine, opts...)
	if err != nil {
		t.Fatal(err)
	}
	m.RecordEviction(2)
	if got := evicted(t, r)["llama-3-70b"]; got != 3 {
		t.Errorf("%d keys, want the 3 of both callers", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	m, err = otelcache.GetOrCreate(testEngine, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer closeMonitor(t, m)
	m.RecordEviction(4)
	if got := evicted(t, r)["llama-3-70b"]; got != 4 {
		t.Errorf("%d keys after the set was closed, want the 4 of the new monitor", got)
	}
}
