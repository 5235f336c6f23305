// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestOverflowIsNoEngine has more engines than the SDK's cardinality limit: the
// page is that of the engine that kept its series, whatever it is called, as if it
// were alone. The series of the overflow has no identity, like an engine without a
// name.
func TestOverflowIsNoEngine(t *testing.T) {
	for name, first := range map[string]otelcache.Engine{"named": llama, "without a name": {}} {
		t.Run(name, func(t *testing.T) {
			alone, crowded := overflowing(t, first), overflowing(t, first, mistral, otelcache.Engine{ModelName: "qwen"})
			if len(alone) == 0 || len(crowded) != len(alone) {
				t.Fatalf("the page has %d lines, want %d", len(crowded), len(alone))
			}
			for i := range alone {
				if crowded[i] != alone[i] {
					t.Fatalf("got the line %s, want %s", crowded[i], alone[i])
				}
			}
		})
	}
}

// overflowing returns the page of a provider that has room for one engine and the
// overflow.
func overflowing(t *testing.T, engines ...otelcache.Engine) (lines []string) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, lmcache, sdkmetric.WithCardinalityLimit(2))
		for _, e := range engines {
			feed(t.Context(), t, b.monitor(t, e, slow...))
		}
		lines = slices.Collect(strings.Lines(b.text(t)))
	})
	return lines
}
