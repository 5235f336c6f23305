// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// hangingExporter is a trace exporter whose collector does not answer.
type hangingExporter struct{ release <-chan struct{} }

func (e hangingExporter) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	<-e.release
	return nil
}

func (hangingExporter) Shutdown(context.Context) error { return nil }

// TestRecordingWaitsForNobody has a collection that hangs in a gauge callback, a
// sink of statistics and an exporter of spans that hang: everything of feeds is
// recorded meanwhile, and counted once the collection goes on.
func TestRecordingWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(hangingExporter{release}))
		tel := newTelemetry(t, append(feedOptions, otelcache.WithTracerProvider(tp))...)
		if _, err := tel.Observe(instruments.Healthy, func() float64 {
			<-release
			return 1
		}); err != nil {
			t.Fatal(err)
		}
		stats, err := otelcache.NewStatsLogger(tel.Monitor, ms, otelcache.WithSink(func(otelcache.Stats) { <-release }))
		if err != nil {
			t.Fatal(err)
		}
		var hanging sync.WaitGroup
		hanging.Go(func() { collect(t, tel.reader) })
		time.Sleep(10 * ms)

		want := totals{}
		for _, f := range feeds {
			f.feed(context.Background(), tel.Monitor)
			want.add(f.want, 1)
		}
		close(release)
		hanging.Wait()
		got := totals{}
		got.add(tel.fed(t), 1)
		for _, all := range []totals{got, want} {
			maps.DeleteFunc(all, func(name string, _ total) bool {
				m, _ := instruments.Lookup(name)
				return m.Kind == instruments.KindGauge || m.Kind == instruments.KindObservableGauge // what it is at the end
			})
		}
		wantPoints(t, got.text(), want.text())
		for _, shutdown := range []func(context.Context) error{stats.Shutdown, tp.Shutdown} {
			if err := shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
}
