// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"testing"

	"github.com/lmcache-go/lmcache-otel/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestOTLP(t *testing.T) {
	c := exampletest.StartCollector(t)
	exampletest.Start(t, c.Env()).Wait(t)
	// The first prompt is stored; of the second a part is retrieved and the rest stored.
	want := map[string]int{"lmcache.lookup": 2, "lmcache.retrieve": 1, "to_gpu": 1, "lmcache.store": 2, "from_gpu": 2}
	if got := c.Spans(); !maps.Equal(got, want) {
		t.Errorf("spans: got %v, want %v", got, want)
	}
	metrics := c.Metrics()
	for name, want := range map[string]int64{
		"lmcache.lookup.requests": 2, "lmcache.retrieve.requests": 1, "lmcache.retrieve.hit_tokens": 4, "lmcache.store.tokens": 8,
		"lmcache.store.duration": 2,
	} {
		if got := metrics[name]; got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
