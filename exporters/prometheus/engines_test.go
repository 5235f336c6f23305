// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/protobuf/proto"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var mistral = otelcache.Engine{ModelName: "mistral"}

// TestTwoEngines: each has its own series of every metric, in the same order on
// every page.
func TestTwoEngines(t *testing.T) { withEachBridge(t, testTwoEngines) }

func testTwoEngines(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, lmcache)
	second, first := b.monitor(t, mistral), b.monitor(t, llama)
	first.StartLookup(t.Context(), 3)
	second.StartLookup(t.Context(), 5)
	second.RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	for range 3 {
		p := b.page(t)
		if len(p) != lmcacheMetrics {
			t.Errorf("%d families, want %d", len(p), lmcacheMetrics)
		}
		for name, family := range p {
			if m := family.GetMetric(); len(m) != 2 || engineOf(m[0]) != llama || engineOf(m[1]) != mistral {
				t.Errorf("%s has the series %v, want llama's and mistral's", name, m)
			}
		}
		for engine, want := range map[otelcache.Engine]float64{llama: 3, mistral: 5} {
			if got := number(p.series(t, "lmcache:num_lookup_tokens_total", engine)); got != want {
				t.Errorf("%s looked %v tokens up, want %v", engine.ModelName, got, want)
			}
		}
		for engine, want := range map[otelcache.Engine]uint64{llama: 0, mistral: 1} {
			if got := p.series(t, "lmcache:remote_time_to_get", engine).GetHistogram().GetSampleCount(); got != want {
				t.Errorf("%s got %d times, want %d", engine.ModelName, got, want)
			}
		}
	}
}

// TestClosedEngine: its series are gone from the next scrape, in both
// vocabularies. Created again, it starts at 0, except that histograms continue.
func TestClosedEngine(t *testing.T) {
	b := newBridge(t, both)
	b.monitor(t, llama)
	mon := b.monitor(t, mistral)
	feed(t.Context(), t, mon)
	before := b.page(t)
	if err := mon.Close(); err != nil {
		t.Fatal(err)
	}
	if text := b.text(t); strings.Contains(text, "mistral") || !strings.Contains(text, "llama") {
		t.Errorf("mistral is on the page after it was closed, or llama is not:\n%s", text)
	}

	mon = b.monitor(t, mistral)
	p := b.page(t)
	for name := range before {
		if !strings.HasPrefix(name, "lmcache:") {
			continue
		}
		m := p.series(t, name, mistral)
		if h := m.GetHistogram(); h != nil {
			if want := before.series(t, name, mistral).GetHistogram(); h.GetSampleCount() != want.GetSampleCount() || h.GetSampleSum() != want.GetSampleSum() {
				t.Errorf("%s is %v, want it to continue from %v", name, h, want)
			}
		} else if got := number(m); got != 0 && name != "lmcache:retrieve_hit_rate" {
			t.Errorf("%s starts at %v, want 0", name, got)
		}
	}
	mon.RecordRemoteGetTime(t.Context(), 10*time.Millisecond)
	h := b.page(t).series(t, "lmcache:remote_time_to_get", mistral).GetHistogram()
	if got := h.GetSampleSum(); got != 22 {
		t.Errorf("lmcache:remote_time_to_get has the sum %v, want 12 of the first life and 10 of the second", got)
	}
}

// TestClosedEngineLikeALiveOne: a closed engine that is called like a live one
// but for a worker is gone, too.
func TestClosedEngineLikeALiveOne(t *testing.T) { withEachBridge(t, testClosedEngineLikeALiveOne) }

func testClosedEngineLikeALiveOne(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, both)
	closed, live := b.monitor(t, otelcache.Engine{ModelName: "llama"}), b.monitor(t, otelcache.Engine{ModelName: "llama", WorkerID: "0"})
	closed.RecordRemoteGetTime(t.Context(), time.Second)
	live.RecordRemoteGetTime(t.Context(), time.Millisecond)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"lmcache:remote_time_to_get": 1, "lmcache_remote_get_duration_seconds": 0.001} {
		if m := b.page(t)[name].GetMetric(); len(m) != 1 || m[0].GetHistogram().GetSampleSum() != want {
			t.Errorf("%s has the series %v, want one with the sum %v", name, m, want)
		}
	}
}

// TestEnginesChange: a page has the engines of its collection, also when as many
// as before are others; what earlier pages were made of does not change.
func TestEnginesChange(t *testing.T) { withEachBridge(t, testEnginesChange) }

func testEnginesChange(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, both)
	gather := func() (families []*dto.MetricFamily) {
		families, err := b.exporter.Gatherer().Gather()
		if err != nil {
			t.Fatal(err)
		}
		return families
	}
	var earlier, copies [][]*dto.MetricFamily
	open := map[otelcache.Engine]*otelcache.Monitor{}
	for _, engines := range [][]otelcache.Engine{{llama}, {mistral}, {mistral}, {llama, mistral}, nil, {llama}} {
		for e, mon := range open {
			if !slices.Contains(engines, e) {
				if err := mon.Close(); err != nil {
					t.Fatal(err)
				}
				delete(open, e)
			}
		}
		for _, e := range engines {
			if open[e] == nil {
				open[e] = b.monitor(t, e)
			}
			open[e].RecordRemoteGetTime(sampled(), time.Second)
		}
		families := gather()
		for _, f := range families {
			if !strings.HasPrefix(f.GetName(), "lmcache:") {
				continue
			}
			var got []otelcache.Engine
			for _, m := range f.GetMetric() {
				got = append(got, engineOf(m))
			}
			if !slices.Equal(got, engines) {
				t.Errorf("%s has the engines %v, want %v", f.GetName(), got, engines)
			}
		}
		var copied []*dto.MetricFamily
		for _, f := range families {
			copied = append(copied, proto.CloneOf(f))
		}
		earlier, copies = append(earlier, families), append(copies, copied)
	}
	for i := range earlier {
		for j, f := range earlier[i] {
			if !proto.Equal(f, copies[i][j]) {
				t.Errorf("page %d: the family %v became %v", i, copies[i][j], f)
			}
		}
	}
}

// TestLastEngineClosed: nothing of LMCache's is left.
func TestLastEngineClosed(t *testing.T) { withEachBridge(t, testLastEngineClosed) }

func testLastEngineClosed(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, lmcache)
	mon := b.monitor(t, llama)
	mon.RecordRemoteGetTime(t.Context(), time.Second)
	if len(b.page(t)) != lmcacheMetrics {
		t.Error("the page is not complete")
	}
	if err := mon.Close(); err != nil {
		t.Fatal(err)
	}
	if text := b.text(t); text != "" {
		t.Errorf("the page is %q, want nothing", text)
	}
}

// TestViewsThatTakeAttributes: series of engines that a view makes
// indistinguishable add up, and closed engines that can be told apart are gone
// nevertheless.
func TestViewsThatTakeAttributes(t *testing.T) {
	t.Run("sdk", func(t *testing.T) { testViewsThatTakeAttributes(t, newBridgeWithViews) })
	t.Run("bound", func(t *testing.T) { testViewsThatTakeAttributes(t, newBoundBridgeWithViews) })
}

func testViewsThatTakeAttributes(
	t *testing.T, newBridgeWithViews func(testing.TB, []prometheus.Vocabulary, sdkmetric.View) bridge,
) {
	all := otelcache.Engine{ModelName: "llama"}
	workers := []otelcache.Engine{{ModelName: "llama", WorkerID: "0"}, {ModelName: "llama", WorkerID: "1"}}
	for name, instrument := range map[string]string{"of every metric": "*", "of one metric": instruments.RemoteGetDuration.String()} {
		t.Run(name, func(t *testing.T) {
			view := sdkmetric.NewView(sdkmetric.Instrument{Name: instrument},
				sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter(instruments.WorkerIDKey)})
			b := newBridgeWithViews(t, lmcache, view)
			gone := b.monitor(t, mistral)
			gone.RecordRemoteGetTime(t.Context(), time.Second)
			for i, engine := range workers {
				mon := b.monitor(t, engine)
				mon.StartLookup(t.Context(), i+1)
				mon.RecordRemoteGetTime(t.Context(), time.Duration(i+1)*time.Millisecond)
			}
			if err := gone.Close(); err != nil {
				t.Fatal(err)
			}
			p := b.page(t)
			if len(p) != lmcacheMetrics {
				t.Errorf("%d families, want %d", len(p), lmcacheMetrics)
			}
			if h := p.series(t, "lmcache:remote_time_to_get", all).GetHistogram(); h.GetSampleCount() != 2 || h.GetSampleSum() != 3 {
				t.Errorf("lmcache:remote_time_to_get is %v, want 2 gets that took 3 ms", h)
			}
			tokens := 0.0
			for _, m := range p["lmcache:num_lookup_tokens_total"].GetMetric() {
				tokens += number(m)
			}
			if tokens != 3 {
				t.Errorf("%v tokens, want 3", tokens)
			}
			for name, family := range p {
				want := 1
				if instrument != "*" && name != "lmcache:remote_time_to_get" {
					want = len(workers)
				}
				if got := family.GetMetric(); len(got) != want {
					t.Errorf("%s has the series %v, want %d", name, got, want)
				}
			}
		})
	}
}

// TestViewThatTakesAttributesOfOneCounter: what a view leaves of one counter,
// whichever it is, says nothing about which engines are live.
func TestViewThatTakesAttributesOfOneCounter(t *testing.T) {
	for _, m := range instruments.All() {
		if m.Kind != instruments.KindCounter {
			continue
		}
		view := sdkmetric.NewView(sdkmetric.Instrument{Name: m.Name},
			sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter(instruments.WorkerIDKey)})
		b := newBridgeWithViews(t, lmcache, view)
		for i := range 2 {
			b.monitor(t, otelcache.Engine{ModelName: "llama", WorkerID: strconv.Itoa(i)}).RecordRemoteGetTime(t.Context(), time.Second)
		}
		if got := b.page(t)["lmcache:remote_time_to_get"].GetMetric(); len(got) != 2 {
			t.Errorf("with the worker taken from %s: %d series of another metric, want those of 2 engines", m.Name, len(got))
		}
	}
}

// TestNothingButHistograms: when views leave no counter, nothing tells closed
// engines, and all are shown.
func TestNothingButHistograms(t *testing.T) {
	drop := sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindObservableCounter},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}})
	b := newBridgeWithViews(t, lmcache, drop)
	b.monitor(t, llama).RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	if got := b.page(t).series(t, "lmcache:remote_time_to_get", llama).GetHistogram().GetSampleSum(); got != 12 {
		t.Errorf("lmcache:remote_time_to_get has the sum %v, want 12", got)
	}
}

// TestOverflow: engines above the SDK's cardinality limit have no identity
// left, and LMCache's page leaves them out.
func TestOverflow(t *testing.T) {
	b := newBridge(t, both, sdkmetric.WithCardinalityLimit(2))
	for _, engine := range []otelcache.Engine{llama, mistral, {ModelName: "qwen"}} {
		b.monitor(t, engine).RecordRemoteGetTime(t.Context(), time.Second)
	}
	text := b.text(t)
	if !strings.Contains(text, `lmcache_remote_get_duration_seconds_count{otel_metric_overflow="true"`) {
		t.Errorf("natively the page does not show the overflow:\n%s", text)
	}
	for name, family := range parse(t, text) {
		if m := family.GetMetric(); strings.HasPrefix(name, "lmcache:") && (len(m) != 1 || engineOf(m[0]) != llama) {
			t.Errorf("%s has the series %v, want llama's", name, m)
		}
	}
}

// TestClosedBetweenScrapes: an engine that no scrape ever saw is closed like any
// other, also when all before it have left no trace.
func TestClosedBetweenScrapes(t *testing.T) { withEachBridge(t, testClosedBetweenScrapes) }

func testClosedBetweenScrapes(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, lmcache)
	first := b.monitor(t, llama)
	if len(b.page(t)) != lmcacheMetrics {
		t.Error("the page is not complete")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if text := b.text(t); text != "" {
			t.Errorf("the page is %q, want nothing", text)
		}
	}
	second := b.monitor(t, mistral)
	second.RecordRemoteGetTime(t.Context(), time.Second)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if text := b.text(t); text != "" {
		t.Errorf("the page is %q, want nothing", text)
	}
}

func TestNothingElseOnLMCachesPage(t *testing.T) { withEachBridge(t, testNothingElseOnLMCachesPage) }

func testNothingElseOnLMCachesPage(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, lmcache)
	hostMetrics(t, b.provider)
	feed(t.Context(), t, b.monitor(t, llama, slow...))
	for line := range strings.Lines(b.text(t) + b.openMetrics(t)) {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")
		if !strings.HasPrefix(name, "lmcache:") && line != "# EOF\n" || strings.Contains(line, "otel_scope") || strings.Contains(line, "NaN") ||
			strings.Contains(line, "_created") {
			t.Errorf("the page has %s", line)
		}
	}
}

// TestClosedEngineWithPartOfALiveIdentity closes an engine that a live one
// cannot be told from by what is left of its identity.
func TestClosedEngineWithPartOfALiveIdentity(t *testing.T) {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	closed := newMonitor(t, provider, otelcache.Engine{ModelName: "llama"})
	closed.RecordRemoteGetTime(t.Context(), time.Second)
	count := func() (counts []uint64) {
		families, err := exporter.Gatherer().Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "lmcache:remote_time_to_get" {
				for _, m := range f.GetMetric() {
					counts = append(counts, m.GetHistogram().GetSampleCount())
				}
			}
		}
		return counts
	}
	if got := count(); !slices.Equal(got, []uint64{1}) {
		t.Fatalf("got counts %v, want 1 of the first engine", got)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	newMonitor(t, provider, otelcache.Engine{ModelName: "llama", WorkerID: "1"})
	if got := count(); !slices.Equal(got, []uint64{0}) {
		t.Errorf("got counts %v, want 0 of the second engine alone", got)
	}
}
