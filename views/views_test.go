// SPDX-License-Identifier: Apache-2.0

package views_test

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
	"github.com/lmcache-go/lmcache-otel/views"
)

// collect runs a monitor under the views that the options make, and returns its
// metrics by name. A name collected twice fails the test.
func collect(t *testing.T, opts ...views.Option) map[string]metricdata.Metrics {
	t.Helper()
	v, err := views.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return collectWith(t, sdkmetric.NewManualReader(), v)
}

func collectWith(t *testing.T, reader sdkmetric.Reader, v []sdkmetric.View) map[string]metricdata.Metrics {
	t.Helper()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(v...))
	defer mp.Shutdown(t.Context())
	for _, worker := range []string{"0", "1"} {
		mon, err := otelcache.New(otelcache.Engine{ModelName: "m", WorkerID: worker}, otelcache.WithMeterProvider(mp))
		if err != nil {
			t.Fatal(err)
		}
		defer mon.Close()
		_, retrieve := mon.StartRetrieve(t.Context(), 100)
		retrieve.Finish(50)
		mon.RecordRemoteGetTime(t.Context(), 12e6) // 12 ms
		mon.RecordChunkReuse(t.Context(), 90e9)    // 1.5 min
	}
	other, err := mp.Meter("host").Float64Histogram("lmcache.retrieve.duration")
	if err != nil {
		t.Fatal(err)
	}
	other.Record(t.Context(), 1, metric.WithAttributes(instruments.WorkerIDKey.String("host")))
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	found := map[string]metricdata.Metrics{}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			name := m.Name
			if scope.Scope.Name != instruments.ScopeName {
				name = scope.Scope.Name + ":" + name
			}
			if _, twice := found[name]; twice {
				t.Errorf("%s was collected twice", name)
			}
			found[name] = m
		}
	}
	return found
}

func bounds(t *testing.T, m metricdata.Metrics) []float64 {
	t.Helper()
	h, ok := m.Data.(metricdata.Histogram[float64])
	if !ok || len(h.DataPoints) == 0 {
		t.Fatalf("%q is a %T, want a histogram with points", m.Name, m.Data)
	}
	return h.DataPoints[0].Bounds
}

// LMCache's layout stays, whatever the reader would like histograms to be.
func TestLMCacheLayout(t *testing.T) {
	v, err := views.New()
	if err != nil {
		t.Fatal(err)
	}
	likesExponential := sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(func(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
		if k == sdkmetric.InstrumentKindHistogram {
			return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 10, MaxScale: 1}
		}
		return sdkmetric.DefaultAggregationSelector(k)
	}))
	got := collectWith(t, likesExponential, v)
	want := []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	for _, name := range []string{"lmcache.retrieve.duration", "lmcache.remote.get.duration"} {
		if b := bounds(t, got[name]); !slices.Equal(b, want) {
			t.Errorf("bounds of %s are %v, want %v", name, b, want)
		}
	}
	if _, ours := got["host:lmcache.retrieve.duration"].Data.(metricdata.ExponentialHistogram[float64]); !ours {
		t.Error("the views changed a histogram of another scope")
	}
}

func TestBucketsUnderEachName(t *testing.T) {
	for _, test := range []struct {
		key, metric string
		bounds      []float64
		want        []float64
	}{
		{"lmcache.remote.get.duration", "lmcache.remote.get.duration", []float64{0.005, 0.5}, []float64{0.005, 0.5}},
		{"lmcache:remote_time_to_get", "lmcache.remote.get.duration", []float64{5, 57, 500}, []float64{0.005, 0.057, 0.5}},
		{"remote_time_to_get", "lmcache.remote.get.duration", []float64{5, 500}, []float64{0.005, 0.5}},
		{"histogram_bucket_remote_time_to_get", "lmcache.remote.get.duration", []float64{5, 500}, []float64{0.005, 0.5}},
		{"histogram_bucket_time_to_retrieve", "lmcache.retrieve.duration", []float64{0.5, 1}, []float64{0.5, 1}},
		{instruments.ChunkLifespan.Metric().LMCache.ShortName(), instruments.ChunkLifespan.String(), []float64{0, 1, 2.5}, []float64{0, 60, 150}},
	} {
		t.Run(test.key, func(t *testing.T) {
			got := collect(t, views.WithBuckets(map[string][]float64{test.key: test.bounds}))
			if b := bounds(t, got[test.metric]); !slices.Equal(b, test.want) {
				t.Errorf("bounds of %s are %v, want %v", test.metric, b, test.want)
			}
		})
	}
}

func TestExponential(t *testing.T) {
	got := collect(t, views.WithExponential("lmcache.remote.*"))
	if _, ok := got["lmcache.remote.get.duration"].Data.(metricdata.ExponentialHistogram[float64]); !ok {
		t.Errorf("lmcache.remote.get.duration is a %T", got["lmcache.remote.get.duration"].Data)
	}
	bounds(t, got["lmcache.retrieve.duration"])

	got = collect(t, views.WithExponential(), views.WithBuckets(map[string][]float64{"time_to_retrieve": {1, 2}}))
	if _, ok := got["lmcache.remote.get.duration"].Data.(metricdata.ExponentialHistogram[float64]); !ok {
		t.Errorf("lmcache.remote.get.duration is a %T", got["lmcache.remote.get.duration"].Data)
	}
	if b := bounds(t, got["lmcache.retrieve.duration"]); !slices.Equal(b, []float64{1, 2}) {
		t.Errorf("bounds of lmcache.retrieve.duration are %v, want those given", b)
	}
}

func TestKeepAndDrop(t *testing.T) {
	got := collect(t, views.WithDrop("remote_*", "num_retrieve_requests"))
	for name := range got {
		if strings.HasPrefix(name, "lmcache.remote.get.duration") || name == "lmcache.retrieve.requests" {
			t.Errorf("%s was not dropped", name)
		}
	}
	if _, ok := got["lmcache.retrieve.duration"]; !ok {
		t.Error("lmcache.retrieve.duration was dropped too")
	}

	got = collect(t, views.WithKeep("lmcache.retrieve.requests", "*_to_retrieve"))
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range got {
			if !yield(name) {
				return
			}
		}
	})
	want := []string{"host:lmcache.retrieve.duration", "lmcache.retrieve.duration", "lmcache.retrieve.requests"}
	if !slices.Equal(names, want) {
		t.Errorf("kept %v, want %v", names, want)
	}
}

func TestAttributes(t *testing.T) {
	for _, opt := range []views.Option{
		views.WithDropAttributes(instruments.WorkerIDKey),
		views.WithKeepAttributes(instruments.ModelNameKey),
	} {
		got := collect(t, opt)
		requests, ok := got["lmcache.retrieve.requests"].Data.(metricdata.Sum[int64])
		if !ok || len(requests.DataPoints) != 1 {
			t.Fatalf("lmcache.retrieve.requests is %+v, want one series for both workers", got["lmcache.retrieve.requests"])
		}
		p := requests.DataPoints[0]
		if want := attribute.NewSet(instruments.ModelNameKey.String("m")); p.Value != 2 || p.Attributes != want {
			t.Errorf("got %d with %v, want 2 with the model only", p.Value, p.Attributes.ToSlice())
		}
		h := got["lmcache.retrieve.duration"].Data.(metricdata.Histogram[float64])
		if len(h.DataPoints) != 1 || h.DataPoints[0].Count != 2 {
			t.Errorf("lmcache.retrieve.duration is %+v, want one series of 2", h.DataPoints)
		}
		other := got["host:lmcache.retrieve.duration"].Data.(metricdata.Histogram[float64])
		if other.DataPoints[0].Attributes.Len() != 1 {
			t.Error("the views took an attribute from another scope")
		}
	}
}

// TestFiltersGoWhereAttributesAre: a filter costs time at each measurement, so
// that one of an attribute is on the metrics that may have it alone.
func TestFiltersGoWhereAttributesAre(t *testing.T) {
	const duration, requests, phase = "lmcache.retrieve.duration", "lmcache.retrieve.requests", "lmcache.operation.phase.duration"
	for _, test := range []struct {
		option   views.Option
		filtered []string
	}{
		{views.WithDropAttributes(instruments.ErrorTypeKey), []string{duration}},
		{views.WithDropAttributes(instruments.PhaseKey), []string{phase}},
		{views.WithDropAttributes(instruments.PhaseKey, instruments.ErrorTypeKey), []string{duration, phase}},
		{views.WithDropAttributes(instruments.RoleKey), []string{duration, requests, phase}},
		{views.WithDropAttributes("tenant"), []string{duration, requests, phase}}, // a host's own
		{views.WithKeepAttributes(instruments.ModelNameKey), []string{duration, requests, phase}},
	} {
		list, err := views.New(test.option)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range []string{duration, requests, phase} {
			stream, _ := list[0](sdkmetric.Instrument{Name: name, Scope: instrumentation.Scope{Name: instruments.ScopeName}})
			if stream.AttributeFilter != nil {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, test.filtered) {
			t.Errorf("filters on %v, want on %v", got, test.filtered)
		}
	}
}

// TestErrorTypesMerge drops the one attribute that an entry names.
func TestErrorTypesMerge(t *testing.T) {
	v, err := views.New(views.WithDropAttributes(instruments.ErrorTypeKey))
	if err != nil {
		t.Fatal(err)
	}
	reader := sdkmetric.NewManualReader()
	mon, err := otelcache.New(otelcache.Engine{ModelName: "m"},
		otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(v...))))
	if err != nil {
		t.Fatal(err)
	}
	defer mon.Close()
	for _, err := range []error{nil, errors.ErrUnsupported, io.EOF} {
		_, get := mon.StartRemoteGet(t.Context())
		if time.Sleep(time.Millisecond); err != nil {
			get.Fail(err)
		} else {
			get.Finish(1)
		}
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		if m.Name != "lmcache.remote.get.duration" {
			continue
		}
		h := m.Data.(metricdata.Histogram[float64])
		if len(h.DataPoints) != 1 || h.DataPoints[0].Count != 3 || h.DataPoints[0].Attributes != attribute.NewSet(instruments.ModelNameKey.String("m")) {
			t.Errorf("%s is %+v, want one series of 3", m.Name, h.DataPoints)
		}
		return
	}
	t.Error("no lmcache.remote.get.duration")
}

func TestForDelta(t *testing.T) {
	v, temporality, err := views.ForDelta(views.WithBuckets(map[string][]float64{"time_to_retrieve": {1}}))
	if err != nil {
		t.Fatal(err)
	}
	got := collectWith(t, sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(temporality)), v)
	if h, ok := got["lmcache.remote.get.duration"].Data.(metricdata.ExponentialHistogram[float64]); !ok || h.Temporality != metricdata.DeltaTemporality {
		t.Errorf("lmcache.remote.get.duration is %+v, want a delta exponential histogram", got["lmcache.remote.get.duration"].Data)
	}
	if b := bounds(t, got["lmcache.retrieve.duration"]); !slices.Equal(b, []float64{1}) {
		t.Errorf("bounds of lmcache.retrieve.duration are %v, want those given", b)
	}
	if s, ok := got["lmcache.retrieve.requests"].Data.(metricdata.Sum[int64]); !ok || s.Temporality != metricdata.DeltaTemporality {
		t.Errorf("lmcache.retrieve.requests is %+v, want a delta sum", got["lmcache.retrieve.requests"].Data)
	}
	if temporality(sdkmetric.InstrumentKindUpDownCounter) != metricdata.CumulativeTemporality {
		t.Error("up-down counters are delta")
	}
}

func TestBadOptions(t *testing.T) {
	one := func(key string, bounds ...float64) views.Option {
		return views.WithBuckets(map[string][]float64{key: bounds})
	}
	for name, test := range map[string]struct {
		opts []views.Option
		want []string
	}{
		"unknown name": {
			[]views.Option{views.WithDrop("lmcache.retreive.duration")},
			[]string{"WithDrop", "lmcache.retreive.duration", `did you mean "lmcache.retrieve.duration"`},
		},
		"unknown LMCache name":      {[]views.Option{one("time_to_retreive", 1)}, []string{"WithBuckets", `did you mean "time_to_retrieve"`}},
		"unknown configuration key": {[]views.Option{one("histogram_bucket_time_to_lokup", 1)}, []string{`did you mean "time_to_lookup"`}},
		"empty name":                {[]views.Option{views.WithKeep("")}, []string{"WithKeep", `""`}},
		"pattern of nothing":        {[]views.Option{views.WithKeep("vllm.*")}, []string{"WithKeep", "vllm.*"}},
		"buckets of a counter":      {[]views.Option{one("num_retrieve_requests", 1)}, []string{"num_retrieve_requests", "counter", "histograms"}},
		"exponential counter": {
			[]views.Option{views.WithExponential("lmcache.retrieve.requests")},
			[]string{"WithExponential", "counter", "histograms"},
		},
		"buckets by pattern": {[]views.Option{one("lmcache.*", 1)}, []string{"WithBuckets", "lmcache.*"}},
		"no bounds":          {[]views.Option{one("time_to_retrieve")}, []string{"time_to_retrieve", "one or more"}},
		"falling bounds": {
			[]views.Option{one("time_to_retrieve", 2, 1)},
			[]string{"time_to_retrieve", "[2 1]", "greater than the one before"},
		},
		"equal bounds":            {[]views.Option{one("time_to_retrieve", 1, 1)}, []string{"[1 1]"}},
		"infinite bound":          {[]views.Option{one("time_to_retrieve", 1, math.Inf(1))}, []string{"finite"}},
		"bound that is no number": {[]views.Option{one("time_to_retrieve", math.NaN())}, []string{"finite"}},
		"bound too large in seconds": {
			[]views.Option{one(instruments.ChunkLifespan.Metric().LMCache.Name, math.MaxFloat64)},
			[]string{"finite", "min"},
		},
		"one metric under two names": {
			[]views.Option{one("time_to_retrieve", 1), one("lmcache.retrieve.duration", 1)},
			[]string{"same metric", "time_to_retrieve", "lmcache.retrieve.duration"},
		},
		"kept and dropped": {
			[]views.Option{views.WithKeep("lmcache.retrieve.*"), views.WithDrop("lmcache:retrieve_speed")},
			[]string{"lmcache.retrieve.speed", "WithKeep", "WithDrop"},
		},
		"buckets of a dropped one": {
			[]views.Option{one("time_to_retrieve", 1), views.WithDrop("lmcache.retrieve.*")},
			[]string{"time_to_retrieve", "dropped"},
		},
		"buckets of one not kept": {
			[]views.Option{one("time_to_retrieve", 1), views.WithKeep("lmcache.store.*")},
			[]string{"time_to_retrieve", "dropped"},
		},
		"exponential and dropped": {
			[]views.Option{views.WithExponential("time_to_retrieve"), views.WithDrop("time_to_retrieve")},
			[]string{"time_to_retrieve", "dropped"},
		},
		"exponential and explicit": {
			[]views.Option{views.WithExponential("lmcache.*"), one("time_to_retrieve", 1)},
			[]string{"lmcache.retrieve.duration", "WithExponential", "WithBuckets"},
		},
		"attribute kept and dropped": {
			[]views.Option{views.WithKeepAttributes("a", "b"), views.WithDropAttributes("b")},
			[]string{"attribute b", "WithKeepAttributes"},
		},
		"attribute without a name":       {[]views.Option{views.WithDropAttributes("")}, []string{"attribute", "no name"}},
		"every mistake, not only one":    {[]views.Option{views.WithDrop("nonsense"), one("time_to_retrieve", 2, 1)}, []string{"nonsense", "[2 1]"}},
		"nil option and a wrong pattern": {[]views.Option{nil, views.WithDrop("*.nothing")}, []string{"*.nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := views.New(test.opts...)
			if err == nil {
				t.Fatal("no error")
			}
			if v != nil {
				t.Error("views beside an error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
	if _, _, err := views.ForDelta(views.WithDrop("nonsense")); err == nil {
		t.Error("ForDelta took nonsense")
	}
}

// What a host does to its map after New, or to the options of ForDelta, does
// not reach the views.
func TestOptionsAreCopied(t *testing.T) {
	given := map[string][]float64{"time_to_retrieve": {1, 2}}
	opt := views.WithBuckets(given)
	given["time_to_retrieve"][0] = 7
	given["nonsense"] = nil
	if b := bounds(t, collect(t, opt)["lmcache.retrieve.duration"]); !slices.Equal(b, []float64{1, 2}) {
		t.Errorf("bounds are %v, want those given", b)
	}
}

// TestConfigurationKeys checks that every option that takes names takes those
// of LMCache's configuration, of histograms only.
func TestConfigurationKeys(t *testing.T) {
	const key, histogram, counter = "histogram_bucket_time_to_retrieve", "lmcache.retrieve.duration", "lmcache.retrieve.requests"
	for name, test := range map[string]struct {
		option             views.Option
		histogram, counter bool // remain
	}{
		"keep":        {views.WithKeep(key), true, false},
		"drop":        {views.WithDrop(key), false, true},
		"pattern":     {views.WithDrop("histogram_bucket_*"), false, true},
		"exponential": {views.WithExponential(key), true, true},
	} {
		got := collect(t, test.option)
		if _, ok := got[histogram]; ok != test.histogram {
			t.Errorf("%s: %s is there: %t, want %t", name, histogram, ok, test.histogram)
		}
		if _, ok := got[counter]; ok != test.counter {
			t.Errorf("%s: %s is there: %t, want %t", name, counter, ok, test.counter)
		}
		if _, ok := got[histogram].Data.(metricdata.ExponentialHistogram[float64]); ok != (name == "exponential") {
			t.Errorf("%s: %s is a %T", name, histogram, got[histogram].Data)
		}
	}
	if _, err := views.New(views.WithDrop("histogram_bucket_num_hit_tokens")); err == nil {
		t.Error("a counter is taken for a histogram")
	}
}
