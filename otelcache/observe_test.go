// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"math"
	"testing"

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
