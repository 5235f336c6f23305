// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"math"
	"slices"
	"sort"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"pgregory.net/rapid"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestEqualsSDK runs random scripts through bound instruments and the SDK's, with
// random views, and compares what readers get.
func TestEqualsSDK(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		views := rapid.SliceOfN(rapid.SampledFrom(viewKinds), 0, 4).Draw(rt, "views")
		filter := rapid.SampledFrom(filterKinds).Draw(rt, "filter")
		withBound, withSDK := newSide(rt, true, views, filter), newSide(rt, false, views, filter)
		if !slices.Equal(withBound.refused, withSDK.refused) {
			rt.Fatalf("instruments that are refused: %v, want %v", withBound.refused, withSDK.refused)
		}
		s := script{sides: []*side{withBound, withSDK}}
		rt.Repeat(map[string]func(*rapid.T){
			"record":  s.record,
			"observe": s.observe,
			"forget":  func(*rapid.T) { s.observations = nil },
			"":        func(rt *rapid.T) { compare(rt, withBound.collect(rt), withSDK.collect(rt)) },
		})
	})
}

// TestEachViewEqualsSDK goes through every instrument with each view and none.
func TestEachViewEqualsSDK(t *testing.T) {
	for _, v := range append(viewKinds, viewKind{name: "none"}) {
		for _, filter := range filterKinds {
			t.Run(v.name+", "+filter.name, func(t *testing.T) {
				var views []viewKind
				if v.view != nil {
					views = append(views, v)
				}
				withBound, withSDK := newSide(t, true, views, filter), newSide(t, false, views, filter)
				for round := range 2 {
					for _, s := range []*side{withBound, withSDK} {
						s.everything(round)
					}
					compare(t, withBound.collect(t), withSDK.collect(t))
				}
			})
		}
	}
}

// everything records to each histogram and lets the next collection observe each
// observable.
func (s *side) everything(round int) {
	s.observations = nil
	for i, attrs := range attributeLists {
		for j, h := range s.histograms {
			for k, v := range []float64{-2, 0.5, 1, 2, 3, 20} {
				c := ctx
				if k%2 == 0 {
					c = sampled(100*i + 10*j + k)
				}
				recordWith(c, h, v, (round+k)%(len(attrs)+2)-1, attrs)
			}
		}
		for j := range len(s.ints) + len(s.floats) {
			set := attribute.NewSet(slices.Clone(attrs)...)
			s.observations = append(s.observations, observation{j, float64(10*round + i), set})
		}
	}
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Error(args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	FailNow()
}

type viewKind struct {
	name string
	view sdkmetric.View
}

func (v viewKind) String() string { return v.name }

func viewOf(name, criteria string, mask sdkmetric.Stream) viewKind {
	return viewKind{name, sdkmetric.NewView(sdkmetric.Instrument{Name: criteria}, mask)}
}

func histogramsOf(mask sdkmetric.Stream) sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram}, mask)
}

var viewKinds = []viewKind{
	viewOf("rename", "a.histogram", sdkmetric.Stream{Name: "renamed"}),
	viewOf("another rename", "a.histogram", sdkmetric.Stream{Name: "renamed.again", Unit: "h", Description: "A view."}),
	viewOf("one into the other", "another.histogram", sdkmetric.Stream{Name: "a.histogram"}),
	viewOf("buckets", "a.histogram", explicit(-1, 0.5, 7)),
	viewOf("no bucket", "a.histogram", sdkmetric.Stream{
		Aggregation: sdkmetric.AggregationExplicitBucketHistogram{NoMinMax: true},
	}),
	viewOf("drop", "a.histogram", drop),
	viewOf("drop all", "*", drop),
	viewOf("the SDK's default", "a.histogram", sdkmetric.Stream{Aggregation: sdkmetric.AggregationDefault{}}),
	viewOf("exponential", "left.histogram", sdkmetric.Stream{
		Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 20, MaxScale: 5},
	}),
	viewOf("sum", "left.histogram", sdkmetric.Stream{Aggregation: sdkmetric.AggregationSum{}}),
	viewOf("no engine", "*", sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("engine")}),
	viewOf("engine only", "a.*", sdkmetric.Stream{AttributeFilter: attribute.NewAllowKeysFilter("engine")}),
	viewOf("no attributes", "*.counter", sdkmetric.Stream{AttributeFilter: attribute.NewAllowKeysFilter()}),
	viewOf("one counter into the other", "another.int.counter", sdkmetric.Stream{Name: "an.int.counter"}),
	viewOf("drop a counter", "a.float.counter", drop),
	{"last exemplar", histogramsOf(sdkmetric.Stream{ExemplarReservoirProviderSelector: lastReservoirs})},
	{"unsorted buckets", func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		s := explicit(5, 1, 3)
		s.Name = "unsorted"
		return s, i.Name == "a.histogram"
	}},
	{"of another scope", sdkmetric.NewView(sdkmetric.Instrument{Scope: instrumentation.Scope{Name: "another"}}, drop)},
}

type filterKind struct {
	name   string
	filter exemplar.Filter
}

func (f filterKind) String() string { return f.name }

var filterKinds = []filterKind{
	{"trace-based", exemplar.TraceBasedFilter},
	{"always on", exemplar.AlwaysOnFilter},
	{"always off", exemplar.AlwaysOffFilter},
	{"none", nil},
}

// lastReservoir keeps the last measurement, so that its choice is known. It is
// not safe for concurrent use.
type lastReservoir struct{ last []exemplar.Exemplar }

func lastReservoirs(sdkmetric.Aggregation) exemplar.ReservoirProvider {
	return func(attribute.Set) exemplar.Reservoir { return new(lastReservoir) }
}

func (r *lastReservoir) Offer(_ context.Context, t time.Time, v exemplar.Value, dropped []attribute.KeyValue) {
	r.last = []exemplar.Exemplar{{FilteredAttributes: dropped, Time: t, Value: v}}
}

func (r *lastReservoir) Collect(dest *[]exemplar.Exemplar) { *dest = append((*dest)[:0], r.last...) }

// side is the same instruments, of the producer or of the SDK.
type side struct {
	reader     *sdkmetric.ManualReader
	histograms []metric.Float64Histogram
	ints       []metric.Int64Observable
	floats     []metric.Float64Observable
	refused    []bool // in the order of creation

	observations []observation
}

type observation struct {
	instrument int // ints, then floats
	value      float64
	attrs      attribute.Set
}

func newSide(rt tester, withBound bool, views []viewKind, filter filterKind) *side {
	s := new(side)
	var boundOptions []bound.Option
	options := []sdkmetric.Option{sdkmetric.WithCardinalityLimit(0)}
	for _, v := range views {
		boundOptions = append(boundOptions, bound.WithViews(v.view))
		options = append(options, sdkmetric.WithView(v.view))
	}
	boundOptions = append(boundOptions, bound.WithExemplarFilter(filter.filter))
	if filter.filter != nil {
		options = append(options, sdkmetric.WithExemplarFilter(filter.filter))
	}
	var provider metric.MeterProvider
	if withBound {
		b := bound.New(boundOptions...)
		s.reader = sdkmetric.NewManualReader(sdkmetric.WithProducer(b))
		provider = b.MeterProvider(sdkmetric.NewMeterProvider(append(options, sdkmetric.WithReader(s.reader))...))
	} else {
		s.reader = sdkmetric.NewManualReader()
		provider = sdkmetric.NewMeterProvider(append(options, sdkmetric.WithReader(s.reader))...)
	}
	s.addInstruments(rt, provider.Meter(instruments.ScopeName, metric.WithInstrumentationVersion("1.2.3"),
		metric.WithSchemaURL("https://example.com/schema"), metric.WithInstrumentationAttributes(tenant)))
	return s
}

func (s *side) addInstruments(rt tester, m metric.Meter) {
	check := func(err error) { s.refused = append(s.refused, err != nil) }
	for _, h := range []struct {
		name   string
		bounds []float64
	}{
		{"a.histogram", []float64{0, 1, 2.5, 10}},
		{"A.Histogram", []float64{3}},
		{"another.histogram", nil},
		{"left.histogram", []float64{1, 2}},
		{"wrong.advice", []float64{2, 1}},
		{"wrong name", []float64{1}},
		{"a.histogram", []float64{4}}, // which is the first one
	} {
		var options []metric.Float64HistogramOption
		if h.bounds != nil {
			options = append(options, metric.WithExplicitBucketBoundaries(h.bounds...))
		}
		options = append(options, metric.WithUnit("s"), metric.WithDescription("A histogram."))
		i, err := m.Float64Histogram(h.name, options...)
		check(err)
		s.histograms = append(s.histograms, i)
	}
	addInt := func(i metric.Int64Observable, err error) {
		check(err)
		s.ints = append(s.ints, i)
	}
	for _, name := range []string{"an.int.counter", "another.int.counter", "wrong name"} {
		i, err := m.Int64ObservableCounter(name)
		addInt(i, err)
	}
	upDown, err := m.Int64ObservableUpDownCounter("an.int.up_down.counter", metric.WithUnit("By"))
	addInt(upDown, err)
	gauge, err := m.Int64ObservableGauge("an.int.gauge", metric.WithDescription("A gauge."))
	addInt(gauge, err)
	addFloat := func(i metric.Float64Observable, err error) {
		check(err)
		s.floats = append(s.floats, i)
	}
	counter, err := m.Float64ObservableCounter("a.float.counter")
	addFloat(counter, err)
	floatUpDown, err := m.Float64ObservableUpDownCounter("a.float.up_down.counter")
	addFloat(floatUpDown, err)
	floatGauge, err := m.Float64ObservableGauge("a.float.gauge")
	addFloat(floatGauge, err)

	var all []metric.Observable
	for _, i := range s.ints {
		all = append(all, i)
	}
	for _, i := range s.floats {
		all = append(all, i)
	}
	if _, err := m.RegisterCallback(s.callback, all...); err != nil {
		rt.Fatal(err)
	}
	// Instruments that bring their callbacks; those of a repetition are ignored.
	observeInt := func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(len(s.observations)), metric.WithAttributes(engine(1)))
		return nil
	}
	observeFloat := func(_ context.Context, o metric.Float64Observer) error {
		o.Observe(float64(len(s.observations)) / 2)
		return nil
	}
	for range 2 {
		_, err = m.Int64ObservableCounter("own.int.counter", metric.WithInt64Callback(observeInt))
		check(err)
		_, err = m.Float64ObservableGauge("own.float.gauge", metric.WithFloat64Callback(observeFloat))
		check(err)
	}
}

func (s *side) callback(_ context.Context, o metric.Observer) error {
	for _, obs := range s.observations {
		if obs.instrument < len(s.ints) {
			o.ObserveInt64(s.ints[obs.instrument], int64(obs.value), metric.WithAttributeSet(obs.attrs))
		} else {
			o.ObserveFloat64(s.floats[obs.instrument-len(s.ints)], obs.value, metric.WithAttributeSet(obs.attrs))
		}
	}
	return nil
}

// script does to each side the same.
type script struct {
	sides        []*side
	records      int
	observations []observation
}

// attributeLists have one set twice, in another order and with a key that occurs
// twice.
var attributeLists = [][]attribute.KeyValue{
	nil,
	{engine(1)},
	{engine(2)},
	{engine(1), tenant},
	{tenant, engine(2), engine(1)},
}

// values are exact in binary, as are their sums, so that no order of additions
// makes a difference.
var values = rapid.OneOf(
	rapid.SampledFrom([]float64{0, 1, 2.5, 10, 7, math.MaxInt32, 1 << 60, math.Inf(1)}),
	rapid.Map(rapid.IntRange(-100, 100), func(n int) float64 { return float64(n) / 8 }),
)

func (s *script) record(rt *rapid.T) {
	s.records++
	i := rapid.IntRange(0, len(s.sides[0].histograms)-1).Draw(rt, "histogram")
	attrs := rapid.SampledFrom(attributeLists).Draw(rt, "attributes")
	v := values.Draw(rt, "value")
	ctx := context.Background()
	if rapid.Bool().Draw(rt, "sampled") {
		ctx = sampled(s.records)
	}
	bind := rapid.IntRange(-1, len(attrs)).Draw(rt, "attributes that are bound")
	for _, side := range s.sides {
		recordWith(ctx, side.histograms[i], v, bind, attrs)
	}
}

// recordWith binds the first attributes, if the histogram has Bind, and records
// with the others.
func recordWith(ctx context.Context, h metric.Float64Histogram, v float64, bind int, attrs []attribute.KeyValue) {
	if b, ok := h.(binder); ok && bind >= 0 {
		h, attrs = b.Bind(attrs[:bind]...), attrs[bind:]
		if len(attrs) == 0 {
			h.Record(ctx, v)
			return
		}
	}
	h.Record(ctx, v, metric.WithAttributes(attrs...))
}

func (s *script) observe(rt *rapid.T) {
	s.observations = append(s.observations, observation{
		instrument: rapid.IntRange(0, len(s.sides[0].ints)+len(s.sides[0].floats)-1).Draw(rt, "instrument"),
		value:      float64(rapid.IntRange(0, 100).Draw(rt, "value")) / 4,
		attrs:      attribute.NewSet(slices.Clone(rapid.SampledFrom(attributeLists).Draw(rt, "attributes"))...),
	})
	for _, side := range s.sides {
		side.observations = s.observations
	}
}

// collect returns what the reader gets, one ScopeMetrics for a scope.
func (s *side) collect(rt tester) []metricdata.ScopeMetrics {
	var rm metricdata.ResourceMetrics
	if err := s.reader.Collect(context.Background(), &rm); err != nil {
		rt.Fatal(err)
	}
	var all []metricdata.ScopeMetrics
	for _, m := range rm.ScopeMetrics {
		i := slices.IndexFunc(all, func(other metricdata.ScopeMetrics) bool { return other.Scope == m.Scope })
		if i < 0 {
			all = append(all, m)
		} else {
			all[i].Metrics = append(all[i].Metrics, m.Metrics...)
		}
	}
	return all
}

func compare(rt tester, got, want []metricdata.ScopeMetrics) {
	if len(got) != len(want) || len(got) > 1 {
		rt.Fatalf("%d scopes, want %d, and at most one", len(got), len(want))
	}
	for i := range got {
		for _, all := range [][]metricdata.Metrics{got[i].Metrics, want[i].Metrics} {
			for j := range all {
				all[j].Data = withoutChance(all[j].Data)
			}
		}
		if !metricdatatest.AssertEqual(rt, want[i], got[i], metricdatatest.IgnoreTimestamp()) {
			rt.FailNow()
		}
	}
}

// withoutChance leaves out which of several measurements in a bucket became its
// exemplar, which is random in newer versions of the SDK; the exemplars of
// observations, which repeat them and have no trace; and the order of exemplars.
func withoutChance(data metricdata.Aggregation) metricdata.Aggregation {
	switch data := data.(type) {
	case metricdata.Histogram[float64]:
		for i, p := range data.DataPoints {
			for j := range p.Exemplars {
				e := &p.Exemplars[j]
				if len(p.Exemplars) == 1 && len(e.TraceID) == 0 && len(e.FilteredAttributes) == 0 {
					continue // lastReservoir's, whose choice is known
				}
				*e = metricdata.Exemplar[float64]{Value: float64(sort.SearchFloat64s(p.Bounds, e.Value))}
			}
			data.DataPoints[i] = p
		}
		return data
	case metricdata.Sum[int64]:
		data.DataPoints = withoutExemplars(data.DataPoints)
		return data
	case metricdata.Sum[float64]:
		data.DataPoints = withoutExemplars(data.DataPoints)
		return data
	case metricdata.Gauge[int64]:
		data.DataPoints = withoutExemplars(data.DataPoints)
		return data
	case metricdata.Gauge[float64]:
		data.DataPoints = withoutExemplars(data.DataPoints)
		return data
	}
	return data
}

func withoutExemplars[N int64 | float64](points []metricdata.DataPoint[N]) []metricdata.DataPoint[N] {
	for i := range points {
		points[i].Exemplars = nil
	}
	return points
}
