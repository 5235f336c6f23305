// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestObserveConcurrentSafe has eight goroutines add and remove callbacks while
// two readers collect: each gauge shows its own value or none, and of those who
// want the same gauge one at a time has it.
func TestObserveConcurrentSafe(t *testing.T) {
	const goroutines, each = 8, 1000
	readers := [2]sdkmetric.Reader{sdkmetric.NewManualReader(), sdkmetric.NewManualReader()}
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(readers[0]), sdkmetric.WithReader(readers[1]))))
	gauges := instruments.ObservableGauges()
	shared := gauges[goroutines]
	values := map[string]string{shared.String(): "1000"}
	for i, g := range gauges[:goroutines] {
		values[g.String()] = fmt.Sprint(i)
	}

	var observing, collecting sync.WaitGroup
	var holders atomic.Int64
	for i := range goroutines {
		observing.Go(func() {
			for range each {
				own, err := m.Observe(gauges[i], slowly(float64(i)))
				if err != nil {
					t.Errorf("a gauge of its own: %v", err)
					return
				}
				o, err := m.Observe(shared, slowly(1000))
				switch {
				case err == nil:
					if n := holders.Add(1); n != 1 {
						t.Errorf("%d callbacks have the same gauge", n)
					}
					runtime.Gosched() // while the others try
					holders.Add(-1)
					o.Unregister()
				case !errors.Is(err, otelcache.ErrObserved):
					t.Errorf("the shared gauge: %v", err)
				}
				own.Unregister()
			}
		})
	}
	done := make(chan struct{})
	for _, r := range readers {
		collecting.Go(func() {
			for {
				for name, got := range pointsOf(t, collect(t, r), testIdentity) {
					if want, ok := values[name]; ok && got != want {
						t.Errorf("%s is %s, want %s or nothing", name, got, want)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	observing.Wait()
	close(done)
	collecting.Wait()
	for _, r := range readers {
		got := pointsOf(t, collect(t, r), testIdentity)
		for name := range values {
			if v, ok := got[name]; ok {
				t.Errorf("%s is %s after its callbacks were unregistered", name, v)
			}
		}
	}
}

// slowly returns a callback that lets others run in the middle of a collection.
func slowly(value float64) func() float64 {
	return func() float64 {
		runtime.Gosched()
		return value
	}
}

// TestUnregisterFromTheCallback checks that a callback can end itself, and what
// observes the gauge next is not ended with it.
func TestUnregisterFromTheCallback(t *testing.T) {
	tel := newTelemetry(t)
	var first *otelcache.Observation
	first, err := tel.Observe(instruments.RemotePutTasks, func() float64 {
		first.Unregister()
		return 1
	})
	if err != nil {
		t.Fatal(err)
	}
	wantPoints(t, tel.fed(t), points{"lmcache.remote.put.tasks": "1"})
	wantPoints(t, tel.fed(t), points{})
	if _, err := tel.Observe(instruments.RemotePutTasks, func() float64 { return 2 }); err != nil {
		t.Fatal(err)
	}
	first.Unregister()
	wantPoints(t, tel.fed(t), points{"lmcache.remote.put.tasks": "2"})
}
