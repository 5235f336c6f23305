// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"maps"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestManyLiveEngines: far more engines than the SDK has room for are all on the
// page, with their own values.
func TestManyLiveEngines(t *testing.T) {
	engines := 5000
	if testing.Short() {
		engines = 2100 // the SDK has room for 2,000
	}
	if raceEnabled {
		engines = 600 // a scrape has ten seconds
	}
	type values struct{ tokens, failures, gets, seconds float64 }
	want := map[string]values{}
	for i := range engines {
		want[strconv.Itoa(i)] = values{tokens: float64(i), failures: 1, gets: 1, seconds: float64(2 * i)}
	}
	for v, names := range map[prometheus.Vocabulary]struct {
		worker, tokens, failures, gets string
		perSecond                      float64
	}{
		prometheus.OTel: {
			"lmcache_worker_id", "lmcache_lookup_requested_tokens_total", "lmcache_lookup_failures_total",
			"lmcache_remote_get_duration_seconds", 1,
		},
		prometheus.LMCache: {"worker_id", "lmcache:num_lookup_tokens_total", "", "lmcache:remote_time_to_get", 1000},
	} {
		t.Run(v.String(), func(t *testing.T) {
			b := newBoundBridge(t, []prometheus.Vocabulary{v})
			for i := range engines {
				mon := b.monitor(t, otelcache.Engine{ModelName: "llama", WorkerID: strconv.Itoa(i)})
				_, lookup := mon.StartLookup(t.Context(), i)
				lookup.Fail(errBroken)
				mon.RecordRemoteGetTime(t.Context(), time.Duration(2*i)*time.Second)
			}
			got := map[string]values{}
			for _, f := range gather(t, b) {
				for _, m := range f.GetMetric() {
					label := labels(m)
					if label["otel_metric_overflow"] != "" {
						t.Fatalf("%s has the overflow %v", f.GetName(), m)
					}
					engine := got[label[names.worker]]
					switch f.GetName() {
					case names.tokens:
						engine.tokens += number(m)
					case names.failures:
						engine.failures += number(m)
					case names.gets:
						engine.gets += float64(m.GetHistogram().GetSampleCount())
						engine.seconds += m.GetHistogram().GetSampleSum() / names.perSecond
					default:
						continue
					}
					got[label[names.worker]] = engine
				}
			}
			if names.failures == "" { // LMCache has none
				for worker, engine := range got {
					engine.failures++
					got[worker] = engine
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("the page has the values %v of %d engines, want those of %d", got, len(got), engines)
			}
		})
	}
}

// TestClosedEnginesLeaveNothing: however many engines were made, used and closed,
// the heap, the page and the time for it are what they were, and a later engine
// has its histograms.
func TestClosedEnginesLeaveNothing(t *testing.T) {
	engines := 100_000
	if testing.Short() || raceEnabled {
		engines = 5000
	}
	b := newBoundBridge(t, both)
	b.monitor(t, llama).RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	made := 0
	use := func(n int) {
		for range n {
			made++
			engine := otelcache.Engine{ModelName: "mistral", WorkerID: strconv.Itoa(made)}
			mon, err := otelcache.New(engine, otelcache.WithMeterProvider(b.meters()))
			if err != nil {
				t.Fatal(err)
			}
			operate(t.Context(), mon, made)
			mon.RecordRemoteGetTime(t.Context(), 15*time.Millisecond)
			if made%5 == 0 {
				gather(t, b)
			}
			if err := mon.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	measure := func() (page string, took time.Duration, heap uint64) {
		page, took = b.text(t), time.Hour
		for range 50 {
			start := time.Now()
			gather(t, b)
			took = min(took, time.Since(start))
		}
		runtime.GC()
		runtime.GC() // the first finds what the second frees
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return page, took, stats.HeapInuse
	}
	use(1000)
	page, took, heap := measure()
	use(engines)
	laterPage, laterTook, laterHeap := measure()
	compareLines(t, laterPage, page)
	t.Logf("%d engines: the heap went from %d to %d bytes, a page from %v to %v", engines, heap, laterHeap, took, laterTook)
	if laterHeap > heap+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes, want at most 1 MiB more", heap, laterHeap)
	}
	if laterTook > 2*took {
		t.Errorf("a page takes %v, want the %v of before", laterTook, took)
	}

	last := otelcache.Engine{ModelName: "mistral", WorkerID: strconv.Itoa(made)} // as one that was closed
	mon := b.monitor(t, last)
	for range 3 {
		mon.RecordRemoteGetTime(t.Context(), 30*time.Millisecond)
	}
	h := b.page(t).series(t, "lmcache:remote_time_to_get", last).GetHistogram()
	if h.GetSampleCount() != 3 || h.GetSampleSum() != 90 {
		t.Errorf("the last engine has the histogram %v, want 3 gets of 30 ms", h)
	}
	for _, bucket := range h.GetBucket() {
		want := uint64(0)
		if bucket.GetUpperBound() >= 30 {
			want = 3
		}
		if bucket.GetCumulativeCount() != want {
			t.Errorf("the last engine has %d gets up to %v ms, want %d", bucket.GetCumulativeCount(), bucket.GetUpperBound(), want)
		}
	}
}
