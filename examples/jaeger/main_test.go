// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"testing"

	"github.com/lmcache-go/lmcache-otel/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestJaeger(t *testing.T) {
	c := exampletest.StartCollector(t)
	exampletest.Start(t, c.Env()).Wait(t)
	want := map[string]int{"prefill": 2, "lmcache.lookup": 2, "lmcache.retrieve": 1, "to_gpu": 1, "lmcache.store": 2, "from_gpu": 2}
	if got := c.Spans(); !maps.Equal(got, want) {
		t.Errorf("spans: got %v, want %v", got, want)
	}
	if got := c.Metrics(); len(got) > 0 {
		t.Errorf("got metrics %v, want none", got)
	}
}
