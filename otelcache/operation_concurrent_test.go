// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"sync"
	"testing"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestOperationsFinishOnce has eight goroutines finish the same operations in
// the same order: those behind are faster, because there is nothing left to do
// for them, and catch up with the one in front. Each operation counts once all
// the same.
func TestOperationsFinishOnce(t *testing.T) {
	const operations = 5000
	tel := newTelemetry(t, untraced)
	ctx := context.Background()
	var lookups [operations]otelcache.Lookup
	var stores [operations]otelcache.Store
	for i := range operations {
		_, lookups[i] = tel.StartLookup(ctx, 10)
		_, stores[i] = tel.StartStore(ctx, 10)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range operations {
				lookups[i].Finish(5)
				stores[i].Finish(7)
			}
		})
	}
	wg.Wait()
	tel.wantMisuse(t, "finished again")
	got := tel.collect(t)
	want := points{
		"lmcache.lookup.hit_tokens":       "25000",
		"lmcache.lookup.request_hit_rate": "sum 2500, 5000 ≤ 0.5",
		"lmcache.store.tokens":            "35000",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %s, want %s", name, got[name], value)
		}
	}
}
