// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestHitRatesAreThoseOfTheLastInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := sdkmetric.NewManualReader(), sdkmetric.NewManualReader()
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(a), sdkmetric.WithReader(b))
		m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), otelcache.WithHitRateInterval(time.Minute))
		lookup := func(tokens, hits int) {
			_, l := m.StartLookup(context.Background(), tokens)
			if hits < 0 {
				l.Fail(errBroken)
				return
			}
			l.Finish(hits)
		}
		want := func(when, rate string) {
			t.Helper()
			for range 2 { // however often they read
				for name, r := range map[string]sdkmetric.Reader{"first": a, "second": b} {
					if got := pointsOf(t, collect(t, r), testIdentity)["lmcache.lookup.hit_rate"]; got != rate {
						t.Errorf("%s: the %s reader has %q, want %q", when, name, got, rate)
					}
				}
			}
		}
		want("at the start", "")
		lookup(100, 50)
		time.Sleep(30 * time.Second)
		lookup(300, 50)
		want("before the first interval is over", "")
		time.Sleep(30 * time.Second) // 1:00
		want("after the first interval", "0.25")
		lookup(100, 100)
		want("while the second goes on", "0.25")
		time.Sleep(time.Minute) // 2:00
		lookup(100, -1)         // nobody read meanwhile
		lookup(100, 80)
		want("after the second interval", "1")
		time.Sleep(time.Minute) // 3:00
		want("after an interval with a failure, which counts with no hits", "0.4")
		time.Sleep(time.Minute) // 4:00
		want("after an idle interval", "")
		lookup(100, 10)
		time.Sleep(3 * time.Minute) // 7:00
		want("after a gap that nobody read in", "")
		lookup(0, 0)
		time.Sleep(time.Minute)
		want("after an interval without tokens", "")
	})
}

// TestHitRateConcurrentSafe has goroutines end an interval at the same moment: it is
// ended once, and its rate stays.
func TestHitRateConcurrentSafe(t *testing.T) {
	const rounds = 3000
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t, untraced)
		for round := range rounds {
			tel.RecordLookup(context.Background(), otelcache.Record{Tokens: 100, Hits: round % 100})
			time.Sleep(10 * time.Second)
			var wg sync.WaitGroup
			var waiting atomic.Int64
			waiting.Store(2)
			for range 2 {
				wg.Go(func() {
					for waiting.Add(-1); waiting.Load() > 0; { // a channel would let them go one after another
						runtime.Gosched()
					}
					tel.RecordLookup(context.Background(), otelcache.Record{}) // no tokens
				})
			}
			wg.Wait()
			if got, want := tel.fed(t)["lmcache.lookup.hit_rate"], fmt.Sprint(float64(round%100)/100); got != want {
				t.Fatalf("the rate of round %d is %q, want %s", round, got, want)
			}
		}
	})
}
