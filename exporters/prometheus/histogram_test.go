// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// below returns how many values of h are at most bound, which must be one of
// its bounds.
func below(t *testing.T, h *dto.Histogram, bound float64) uint64 {
	t.Helper()
	for _, b := range h.GetBucket() {
		if b.GetUpperBound() == bound {
			return b.GetCumulativeCount()
		}
	}
	t.Fatalf("no bucket ends at %v: %v", bound, h)
	return 0
}

func TestUnitsAreLMCaches(t *testing.T) {
	b := newBridge(t, both)
	mon := b.monitor(t, llama)
	mon.RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	mon.RecordChunkReuse(t.Context(), 90*time.Second)
	mon.SetLocalStorageUsage(3 << 20)
	mon.RecordPing(1500*time.Microsecond, 0)
	text := b.text(t)
	for _, want := range []string{
		`lmcache:remote_time_to_get_sum{model_name="llama",role="worker",served_model_name="chat",worker_id="0"} 12`,
		`lmcache:remote_time_to_get_bucket{model_name="llama",role="worker",served_model_name="chat",worker_id="0",le="10"} 0`,
		`lmcache:remote_time_to_get_bucket{model_name="llama",role="worker",served_model_name="chat",worker_id="0",le="20"} 1`,
		`lmcache:remote_ping_latency{model_name="llama",role="worker",served_model_name="chat",worker_id="0"} 1.5`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the page lacks %s", want)
		}
	}
	p := parse(t, text)
	for name, want := range map[string]float64{
		prometheus.OTel.FamilyName(instruments.RemoteGetDuration.Metric()):    0.012,
		prometheus.LMCache.FamilyName(instruments.RemoteGetDuration.Metric()): 12,
		prometheus.OTel.FamilyName(instruments.ChunkLifespan.Metric()):        90,
		prometheus.LMCache.FamilyName(instruments.ChunkLifespan.Metric()):     1.5,
	} {
		if got := p[name].GetMetric()[0].GetHistogram().GetSampleSum(); got != want {
			t.Errorf("the sum of %s is %v, want %v", name, got, want)
		}
	}
	h := p[prometheus.OTel.FamilyName(instruments.RemoteGetDuration.Metric())].GetMetric()[0].GetHistogram()
	if below(t, h, 0.01) != 0 || below(t, h, 0.02) != 1 {
		t.Errorf("12 ms are not between 0.01 s and 0.02 s: %v", h)
	}
}

// TestFailuresStayOut: LMCache never sees a failed request finish, so that its
// time is in OpenTelemetry's vocabulary alone.
func TestFailuresStayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, both)
		mon := b.monitor(t, llama)
		_, lookup := mon.StartLookup(t.Context(), 10)
		time.Sleep(10 * time.Millisecond)
		lookup.Finish(5)
		_, lookup = mon.StartLookup(t.Context(), 10)
		time.Sleep(30 * time.Millisecond)
		lookup.Fail(errors.New("gone"))
		p := b.page(t)
		h := p.series(t, "lmcache:time_to_lookup", llama).GetHistogram()
		if len(p["lmcache:time_to_lookup"].GetMetric()) != 1 || h.GetSampleCount() != 1 || h.GetSampleSum() != 0.01 {
			t.Errorf("lmcache:time_to_lookup is %v, want one series with one lookup of 0.01 s", p["lmcache:time_to_lookup"])
		}
		if got := number(p.series(t, "lmcache:num_lookup_requests_total", llama)); got != 2 {
			t.Errorf("%v lookups, want 2", got)
		}
		failed := 0.0
		for _, m := range p["lmcache_lookup_duration_seconds"].GetMetric() {
			if labels(m)["error_type"] != "" {
				failed += m.GetHistogram().GetSampleSum()
			}
		}
		if failed != 0.03 {
			t.Errorf("natively failed lookups took %v s, want 0.03", failed)
		}
	})
}

// TestExponentialHistograms: a view that makes them for OpenTelemetry's
// vocabulary leaves LMCache's its buckets.
func TestExponentialHistograms(t *testing.T) {
	for _, scale := range []int32{20, 0} {
		t.Run(fmt.Sprintf("scale=%d", scale), func(t *testing.T) { testExponentialHistograms(t, scale) })
	}
}

func exponential(scale int32) sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: scale}})
}

func testExponentialHistograms(t *testing.T, scale int32) {
	view := exponential(scale)
	b := newBridgeWithViews(t, lmcache, view)
	mon := b.monitor(t, llama)
	// Their exponential buckets end before the next bound.
	for _, ms := range []int{0, 3, 7, 7, 15, 300, 20000} {
		mon.RecordRemoteGetTime(t.Context(), time.Duration(ms)*time.Millisecond)
	}
	p := b.page(t)
	h := p.series(t, "lmcache:remote_time_to_get", llama).GetHistogram()
	if h.GetSampleCount() != 7 || math.Abs(h.GetSampleSum()-20332) > 1e-9 {
		t.Errorf("count and sum are %d and %v, want 7 and 20332", h.GetSampleCount(), h.GetSampleSum())
	}
	for bound, want := range map[float64]uint64{1: 1, 5: 2, 10: 4, 20: 5, 40: 5, 250: 5, 500: 6, 10000: 6, math.Inf(1): 7} {
		if got := below(t, h, bound); got != want {
			t.Errorf("%d values are at most %v, want %d", got, bound, want)
		}
	}
	if bounds := instruments.RemoteGetDuration.Metric().LMCache.Bounds; len(h.GetBucket()) != len(bounds)+1 {
		t.Errorf("%d buckets, want LMCache's %d and the last", len(h.GetBucket()), len(bounds))
	}
	if len(p) != lmcacheMetrics {
		t.Errorf("%d families, want %d", len(p), lmcacheMetrics)
	}
}

// TestBucketsOfViews: overridden buckets are on the page from the first scrape,
// measurements or not, in LMCache's unit.
func TestBucketsOfViews(t *testing.T) {
	view := sdkmetric.NewView(sdkmetric.Instrument{Name: instruments.RemoteGetDuration.String()},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.002, 0.057}}})
	b := newBridgeWithViews(t, lmcache, view)
	mon := b.monitor(t, llama)
	check := func(count2, count57, count uint64) {
		t.Helper()
		h := b.page(t).series(t, "lmcache:remote_time_to_get", llama).GetHistogram()
		if len(h.GetBucket()) != 3 || below(t, h, 2) != count2 || below(t, h, 57) != count57 || below(t, h, math.Inf(1)) != count {
			t.Errorf("lmcache:remote_time_to_get is %v, want buckets at 2, 57 and +Inf with %d, %d and %d", h, count2, count57, count)
		}
	}
	check(0, 0, 0)
	mon.RecordRemoteGetTime(t.Context(), 57*time.Millisecond)
	mon.RecordRemoteGetTime(t.Context(), time.Second)
	check(0, 1, 2)
}

// TestDroppedMetrics: what views drop is not on the page, in either vocabulary.
func TestDroppedMetrics(t *testing.T) {
	drop := sdkmetric.NewView(sdkmetric.Instrument{Name: "lmcache.store.*"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}})
	b := newBridgeWithViews(t, both, drop)
	feed(t.Context(), t, b.monitor(t, llama, feedOptions...))
	dropped := 0
	for _, m := range instruments.All() {
		if strings.HasPrefix(m.Name, "lmcache.store.") && m.LMCache.Name != "" {
			dropped++
		}
	}
	lmcache := 0
	for name := range b.page(t) {
		if strings.HasPrefix(name, "lmcache_store_") || name == "lmcache:time_to_store" {
			t.Errorf("%s is on the page", name)
		}
		if strings.HasPrefix(name, "lmcache:") {
			lmcache++
		}
	}
	if want := lmcacheMetrics - dropped; lmcache != want || dropped == 0 {
		t.Errorf("%d families under LMCache's names, want %d", lmcache, want)
	}
}

// TestRenamedMetrics: a view that renames an instrument does not take its
// values from LMCache's name.
func TestRenamedMetrics(t *testing.T) {
	rename := sdkmetric.NewView(sdkmetric.Instrument{Name: instruments.RemoteGetDuration.String()}, sdkmetric.Stream{Name: "storage.get"})
	b := newBridgeWithViews(t, both, rename)
	b.monitor(t, llama).RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	p := b.page(t)
	if got := p.series(t, "lmcache:remote_time_to_get", llama).GetHistogram().GetSampleSum(); got != 12 {
		t.Errorf("lmcache:remote_time_to_get has the sum %v, want 12", got)
	}
	if p["storage_get_seconds"] == nil {
		t.Error("storage_get_seconds is not on the page")
	}
}

// TestCopiedMetrics: of several streams that views make of one instrument, the
// one under its own name counts, once.
func TestCopiedMetrics(t *testing.T) {
	instrument := sdkmetric.Instrument{Name: instruments.RemoteGetDuration.String()}
	b := newBridge(t, lmcache,
		sdkmetric.WithView(sdkmetric.NewView(instrument, sdkmetric.Stream{})),
		sdkmetric.WithView(sdkmetric.NewView(instrument, sdkmetric.Stream{
			Name:        "copy",
			Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.5}},
		})))
	b.monitor(t, llama).RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	h := b.page(t).series(t, "lmcache:remote_time_to_get", llama).GetHistogram()
	if h.GetSampleCount() != 1 || below(t, h, 20) != 1 {
		t.Errorf("lmcache:remote_time_to_get is %v, want one get in LMCache's buckets", h)
	}
}
