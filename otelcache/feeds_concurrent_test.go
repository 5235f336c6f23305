// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestFeedsConcurrentSafe has eight goroutines do the same at the same time, for everything that feeds a metric: every count is as many
// times that of once.
func TestFeedsConcurrentSafe(t *testing.T) {
	const goroutines, each = 8, 500
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			tel := newTelemetry(t, append(feedOptions[:len(feedOptions):len(feedOptions)], otelcache.WithTracerProvider(noop.NewTracerProvider()))...)
			var wg sync.WaitGroup
			for range goroutines {
				wg.Go(func() {
					for range each {
						f.feed(context.Background(), tel.Monitor)
					}
				})
			}
			wg.Wait()
			wantPoints(t, countsOf(tel.fed(t), 1), countsOf(f.want, goroutines*each))
		})
	}
}

// countsOf returns the points without gauges and the sums of histograms, and with counts times n.
func countsOf(all points, n int) points {
	counts := points{}
	for name, value := range all {
		metric, _, _ := strings.Cut(name, "{")
		switch m, _ := instruments.Lookup(metric); m.Kind {
		case instruments.KindCounter, instruments.KindUpDownCounter:
			counts[name] = times(value, n)
		case instruments.KindHistogram:
			_, bucket, _ := strings.Cut(value, ", ") // feeds have one value
			count, bound, _ := strings.Cut(bucket, " ")
			counts[name] = times(count, n) + " " + bound
		}
	}
	return counts
}

func times(count string, n int) string {
	c, err := strconv.Atoi(count)
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(c * n)
}
