// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestScrapesAreCounted has a scrape that fails between two that do not; a page
// has those before it.
func TestScrapesAreCounted(t *testing.T) {
	handled := handled(t)
	b := newBridge(t, both)
	b.monitor(t, llama)
	wantScrapes(t, b.page(t), map[string]float64{"ok": 0, "failed": 0, "timed_out": 0, "refused": 0})
	broken := true
	callback := func(context.Context, metric.Int64Observer) error {
		if broken {
			panic("broken")
		}
		return nil
	}
	if _, err := b.provider.Meter("host").Int64ObservableGauge("host.gauge", metric.WithInt64Callback(callback)); err != nil {
		t.Fatal(err)
	}
	if answer := b.get(); answer.Code != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", answer.Code)
	}
	broken = false
	wantScrapes(t, b.page(t), map[string]float64{"ok": 1, "failed": 1, "timed_out": 0, "refused": 0})
	wantScrapes(t, b.page(t), map[string]float64{"ok": 2, "failed": 1, "timed_out": 0, "refused": 0})
	if got := handled(); strings.Count(got, "\n") != 1 {
		t.Errorf("the error handler got %q, want one report", got)
	}
}

func wantScrapes(t *testing.T, p page, want map[string]float64) {
	t.Helper()
	got := map[string]float64{}
	for _, m := range p["lmcache_otel_scrapes_total"].GetMetric() {
		got[labels(m)["lmcache_otel_scrape_result"]] = number(m)
	}
	if !maps.Equal(got, want) {
		t.Errorf("scrapes are %v, want %v", got, want)
	}
}

// TestNoScrapesWithoutMonitors: the page of a host that has no engine has nothing
// of this module.
func TestNoScrapesWithoutMonitors(t *testing.T) {
	b := newBridge(t, both)
	hostMetrics(t, b.provider)
	b.text(t)
	if text := b.text(t); strings.Contains(text, "lmcache_otel_") || !strings.Contains(text, "host_work") {
		t.Errorf("the page has the exporter's metrics, or lacks the host's:\n%s", text)
	}
}

// TestProcessIsNoEngine: metrics of the process have no identity, like an engine
// without fields. They stay when that one goes, also under another name.
func TestProcessIsNoEngine(t *testing.T) {
	for name, view := range map[string]sdkmetric.View{
		"misuse":   func(sdkmetric.Instrument) (s sdkmetric.Stream, ok bool) { return s, false },
		"mistakes": sdkmetric.NewView(sdkmetric.Instrument{Name: "lmcache.otel.misuse"}, sdkmetric.Stream{Name: "lmcache.otel.mistakes"}),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBridgeWithViews(t, both, view)
			unnamed := b.monitor(t, otelcache.Engine{})
			unnamed.RecordRemoteGetTime(t.Context(), time.Second)
			b.monitor(t, mistral)
			kinds := len(instruments.OTelMisuse.Metric().Attributes[0].Values)
			p := b.page(t)
			wantSeries(t, p, "lmcache_otel_"+name+"_total", kinds)
			wantSeries(t, p, "lmcache:remote_time_to_get", 2)
			if err := unnamed.Close(); err != nil {
				t.Fatal(err)
			}
			p = b.page(t)
			wantSeries(t, p, "lmcache_otel_"+name+"_total", kinds)
			wantSeries(t, p, "lmcache:remote_time_to_get", 1)
			wantSeries(t, p, "lmcache_remote_get_duration_seconds", 0)
		})
	}
}

// TestProcessIsNoEngineWithoutCounters has engines that are known by their
// histograms and gauges alone.
func TestProcessIsNoEngineWithoutCounters(t *testing.T) {
	b := newBridgeWithViews(t, both, func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		drop := i.Kind == sdkmetric.InstrumentKindObservableCounter && !strings.HasPrefix(i.Name, "lmcache.otel.")
		return sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}, drop
	})
	b.monitor(t, llama).RecordRemoteGetTime(t.Context(), time.Second)
	p := b.page(t)
	wantSeries(t, p, "lmcache:remote_time_to_get", 1)
	wantSeries(t, p, "lmcache_otel_repaired_texts_total", 1)
}

func wantSeries(t *testing.T, p page, name string, n int) {
	t.Helper()
	if got := p[name].GetMetric(); len(got) != n {
		t.Errorf("%s has %d series, want %d: %v", name, len(got), n, got)
	}
}

// TestOverflowIsReported: what the SDK's limit takes is on the page, and each
// instrument is reported once. Counters have their series again when engines go,
// histograms have not.
func TestOverflowIsReported(t *testing.T) { synctest.Test(t, testOverflowIsReported) }

func testOverflowIsReported(t *testing.T) {
	handled := handled(t)
	other := sdkmetric.NewManualReader()
	b := newBridge(t, both, sdkmetric.WithCardinalityLimit(20), sdkmetric.WithReader(other))
	var monitors []*otelcache.Monitor
	scrape := func(reported ...string) {
		t.Helper()
		time.Sleep(11 * time.Second) // between two reports
		before := handled()
		want := overflowed(t, other)
		if got := number(b.page(t)["lmcache_otel_overflowed_instruments"].GetMetric()[0]); int(got) != len(want) {
			t.Errorf("%v instruments overflow, want %d: %q", got, len(want), want)
		}
		synctest.Wait()
		report := strings.TrimPrefix(handled(), before)
		if strings.Count(report, "\n") != min(len(reported), 1) {
			t.Errorf("reported %q, want one line for %q", report, reported)
		}
		if _, list, _ := strings.Cut(strings.TrimSpace(report), " for "); list != strings.Join(reported, ", ") {
			t.Errorf("reported %q, want %q", list, reported)
		}
	}
	open := func(n int) {
		for range n {
			e := otelcache.Engine{ModelName: "llama", WorkerID: strconv.Itoa(len(monitors))}
			monitors = append(monitors, b.monitor(t, e))
		}
	}
	open(19)
	scrape()
	open(6)
	scrape(overflowed(t, other)...)
	scrape()
	for _, m := range monitors {
		m.RecordRemoteGetTime(t.Context(), time.Second)
	}
	scrape("lmcache.remote.get.duration")
	for _, m := range monitors[:10] {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := overflowed(t, other); !slices.Equal(got, []string{"lmcache.remote.get.duration"}) {
		t.Fatalf("%q overflow after engines have gone, want the histogram", got)
	}
	scrape()
	open(10)
	scrape() // they were reported
}

// overflowed returns the metrics that a reader has a series of the SDK's limit of.
func overflowed(t *testing.T, reader sdkmetric.Reader) (names []string) {
	t.Helper()
	for _, point := range collect(t, reader) {
		if name, _, ok := strings.Cut(point, "otel.metric.overflow=true"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
