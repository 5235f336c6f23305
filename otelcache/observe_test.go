// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"fmt"
	"math"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestObserve(t *testing.T) {
	tel := newTelemetry(t)
	value := func() float64 { return 7 }
	o, err := tel.Observe(instruments.LocalCPUHotCacheEntries, value)
	if err != nil {
		t.Fatal(err)
	}
	wantPoints(t, tel.fed(t), points{"lmcache.local_cpu.hot_cache.entries": "7"})

	_, err = tel.Observe(instruments.LocalCPUHotCacheEntries, value)
	wantError(t, err, otelcache.ErrObserved, "lmcache.local_cpu.hot_cache.entries")
	_, err = tel.Observe(instruments.ObservableGauge{}, value)
	wantError(t, err, otelcache.ErrInvalidOption, "zero")
	_, err = tel.Observe(instruments.RemotePutTasks, nil)
	wantError(t, err, otelcache.ErrInvalidOption, "lmcache.remote.put.tasks", "nil callback")

	o.Unregister()
	o.Unregister()
	wantPoints(t, tel.fed(t), points{})
	closeMonitor(t, tel.Monitor)
	_, err = tel.Observe(instruments.LocalCPUHotCacheEntries, value)
	wantError(t, err, otelcache.ErrClosed, "lmcache.local_cpu.hot_cache.entries")
}

func TestCallbackThatFailsLosesItsOwnReading(t *testing.T) {
	for name, fail := range map[string]func() float64{
		"panic": func() float64 { panic("broken") },
		"NaN":   math.NaN,
		"+Inf":  func() float64 { return math.Inf(1) },
	} {
		t.Run(name, func(t *testing.T) {
			tel := newTelemetry(t)
			for gauge, value := range map[instruments.ObservableGauge]func() float64{
				instruments.RemotePutTasks: fail, instruments.LocalCPUHotCacheEntries: func() float64 { return 7 },
			} {
				if _, err := tel.Observe(gauge, value); err != nil {
					t.Fatal(err)
				}
			}
			wantPoints(t, tel.fed(t), points{"lmcache.local_cpu.hot_cache.entries": "7"})
			tel.wantMisuse(t, "lmcache.remote.put.tasks", name)
		})
	}
}

// TestObserveFeedsEveryGauge checks that gauges arrive as gauges, with the unit
// and the description of the catalog and a value of their own.
func TestObserveFeedsEveryGauge(t *testing.T) {
	tel := newTelemetry(t)
	want := points{}
	for i, g := range instruments.ObservableGauges() {
		value := float64(i) + 0.5 // not a whole number
		if _, err := tel.Observe(g, func() float64 { return value }); err != nil {
			t.Fatal(err)
		}
		want[g.String()] = fmt.Sprint(value)
	}
	wantPoints(t, tel.fed(t), want)
	for _, m := range collect(t, tel.reader) {
		want, _ := instruments.Lookup(m.Name)
		if _, ok := m.Data.(metricdata.Gauge[float64]); want.Kind == instruments.KindObservableGauge && !ok {
			t.Errorf("%s is a %T, want a gauge", m.Name, m.Data)
		}
		if m.Unit != want.Unit || m.Description != want.Description {
			t.Errorf("%s is %q in %q, want %q in %q", m.Name, m.Description, m.Unit, want.Description, want.Unit)
		}
	}
}

// TestObserveIsCalledOncePerReader checks that each reader gets the value of
// its own collection.
func TestObserveIsCalledOncePerReader(t *testing.T) {
	a, b := sdkmetric.NewManualReader(), sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(a), sdkmetric.WithReader(b))
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp))
	var calls float64
	if _, err := m.Observe(instruments.RemotePutTasks, func() float64 { calls++; return calls }); err != nil {
		t.Fatal(err)
	}
	for i, r := range []sdkmetric.Reader{a, b, b, a} {
		got := pointsOf(t, collect(t, r), testIdentity)[instruments.RemotePutTasks.String()]
		if want := fmt.Sprint(i + 1); got != want {
			t.Errorf("collection %d got %q, want %s", i+1, got, want)
		}
	}
}
