// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestSelfTelemetry does each thing wrong a number of times of its own, and counts
// all of it, whether or not it was reported.
func TestSelfTelemetry(t *testing.T) {
	ctx := context.Background()
	tel := newTelemetry(t)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { panic("broken handler") }))
	before := otelcache.SelfTelemetry{}.CountSince()
	times := func(n int, f func()) {
		for range n {
			f()
		}
	}
	times(2, func() { tel.RecordEviction(-1) })
	times(3, func() { tel.RecordPing(-1, 0) })
	times(4, func() { tel.AddPinnedObjects(-1) })
	_, l := tel.StartLookup(ctx, 1)
	l.SetRequestID("\xff")
	l.SetRequestID(strings.Repeat("x", 5000))
	l.Fail(errors.New("\xff"))
	times(5, func() { l.Finish(1) })
	if _, err := tel.Observe(instruments.Healthy, func() float64 { panic("broken callback") }); err != nil {
		t.Fatal(err)
	}
	times(6, func() { tel.fed(t) })
	s, err := otelcache.NewStatsLogger(tel.Monitor, time.Hour, otelcache.WithSink(func(otelcache.Stats) { panic("broken sink") }))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	otelcache.WaitForMessages()
	got := before.CountSince()
	want := map[string]int64{
		"a number that cannot be is left out":                           2,
		"times that cannot be are treated as absent":                    3,
		"more objects were unpinned than are pinned, which is left out": 4,
		"an operation was finished again, which is ignored":             5,
		"a gauge callback failed and its readings are left out":         6,
		"a sink of statistics panicked":                                 1,
	}
	if !maps.Equal(got.Reports, want) {
		t.Errorf("counted %v, want %v", got.Reports, want)
	}
	if got.TextsRepaired != 3 || got.ReportsDropped != 0 || got.HandlersFailed != int64(len(want)) {
		t.Errorf("%d texts repaired, %d reports dropped, %d panics of the handler, want 3, 0 and %d",
			got.TextsRepaired, got.ReportsDropped, got.HandlersFailed, len(want))
	}
}
