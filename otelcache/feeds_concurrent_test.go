// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestFeedsConcurrentSafe has eight goroutines do the same at the same time,
// for everything that feeds a metric: counts and sums are as many times those
// of once.
func TestFeedsConcurrentSafe(t *testing.T) {
	const goroutines, each = 8, 500
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			tel := newTelemetry(t, append(f.opts(), untraced)...)
			var wg sync.WaitGroup
			for range goroutines {
				wg.Go(func() {
					for range each {
						f.feed(context.Background(), tel.Monitor)
					}
				})
			}
			wg.Wait()
			got, want := totals{}, totals{}
			got.add(tel.fed(t), 1)
			want.add(f.want, goroutines*each)
			for _, all := range []totals{got, want} {
				maps.DeleteFunc(all, func(point string, _ total) bool {
					name, _ := splitPoint(point)
					m, _ := instruments.Lookup(name)
					return m.Kind == instruments.KindGauge // intervals of hit rates come and go, and time passes
				})
			}
			wantPoints(t, got.text(), want.text())
		})
	}
}
