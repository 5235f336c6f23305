// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"sync"
	"testing"

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
