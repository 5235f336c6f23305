// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
)

// exemplarsOf returns value, trace and filtered attributes of the exemplars of
// all points, all sorted: the SDK's order of the attributes depends on its
// version.
func exemplarsOf(a metricdata.Aggregation) []string {
	all := []string{}
	h, _ := a.(metricdata.Histogram[float64])
	for _, p := range h.DataPoints {
		for _, e := range p.Exemplars {
			filtered := attribute.NewSet(e.FilteredAttributes...)
			all = append(all, fmt.Sprintf("%v of %x/%x with %s", e.Value, e.TraceID, e.SpanID, encode(filtered)))
		}
	}
	slices.Sort(all)
	return all
}

// TestExemplarsOfTheFilter holds which measurements become exemplars by the
// environment and by the option, which wins.
func TestExemplarsOfTheFilter(t *testing.T) {
	unsampled := "2 of / with "
	traced := "1 of 00000000000000000000000000000007/0000000000000007 with "
	for _, c := range []struct {
		environment string
		option      exemplar.Filter
		want        []string
	}{
		{"", nil, []string{traced}},
		{"trace_based", nil, []string{traced}},
		{"something else", nil, []string{traced}},
		{" Always_ON ", nil, []string{traced, unsampled}},
		{"always_off", nil, []string{}},
		{"always_off", exemplar.TraceBasedFilter, []string{traced}},
		{"always_on", exemplar.AlwaysOffFilter, []string{}},
		{"", exemplar.AlwaysOnFilter, []string{traced, unsampled}},
	} {
		t.Setenv("OTEL_METRICS_EXEMPLAR_FILTER", c.environment)
		b := bound.New(bound.WithExemplarFilter(c.option))
		s := newHistogram(t, meterOf(b), "h", 1).Bind(engine(1))
		s.Record(sampled(7), 1)
		s.Record(ctx, 2)
		if got := exemplarsOf(produce(t, b)["h"]); !slices.Equal(got, c.want) {
			t.Errorf("%q, option %t: the exemplars are %q, want %q", c.environment, c.option != nil, got, c.want)
		}
	}
}

// TestExemplarsEqualSDK offers one measurement to each bucket between
// collections, so that the SDK's reservoirs have no choice. One bucket keeps its
// exemplar of the first round.
func TestExemplarsEqualSDK(t *testing.T) {
	view := view("h", sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("engine", "z")})
	reader := sdkmetric.NewManualReader()
	sdk := newHistogramOfSDK(t, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(view)))
	b := bound.New(bound.WithViews(view))
	h := newHistogram(t, meterOf(b), "h", 1, 2)
	attrs := []attribute.KeyValue{tenant, engine(3), attribute.Bool("z", true)}
	for round, values := range [][]float64{{0.5, 1.5, 2.5}, {0.6, 2.6}} {
		for i, v := range values {
			h.Bind(attrs...).Record(sampled(10*round+i), v)
			sdk.Record(sampled(10*round+i), v, metric.WithAttributes(attrs...))
		}
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(ctx, &rm); err != nil {
			t.Fatal(err)
		}
		got, want := exemplarsOf(produce(t, b)["h"]), exemplarsOf(rm.ScopeMetrics[0].Metrics[0].Data)
		if len(want) != 3 || !slices.Equal(got, want) {
			t.Errorf("round %d: the exemplars are %q, want the SDK's %q", round, got, want)
		}
	}
}

func newHistogramOfSDK(t testing.TB, mp metric.MeterProvider) metric.Float64Histogram {
	t.Helper()
	h, err := mp.Meter("test").Float64Histogram("h", metric.WithExplicitBucketBoundaries(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestReservoirConcurrentSafe uses a reservoir that is not safe for concurrent
// use, which the race detector would see, and the SDK's.
func TestReservoirConcurrentSafe(t *testing.T) {
	fixedSize := func(sdkmetric.Aggregation) exemplar.ReservoirProvider { return exemplar.FixedSizeReservoirProvider(1) }
	for name, reservoirs := range map[string]sdkmetric.ExemplarReservoirProviderSelector{
		"not safe": lastReservoirs, "by bucket": nil, "fixed size": fixedSize,
	} {
		t.Run(name, func(t *testing.T) {
			b := bound.New(
				bound.WithViews(view("h", sdkmetric.Stream{ExemplarReservoirProviderSelector: reservoirs})),
				bound.WithExemplarFilter(func(context.Context) bool { return true }))
			s := newHistogram(t, meterOf(b), "h", 1).Bind(engine(1))
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 100 {
						s.Record(ctx, 1)
					}
				})
			}
			for range 100 {
				produce(t, b)
			}
			wg.Wait()
			if got, want := exemplarsOf(produce(t, b)["h"]), []string{"1 of / with "}; !slices.Equal(got, want) {
				t.Errorf("the exemplars are %q, want %q", got, want)
			}
		})
	}
}

// writingReservoir writes the trace of its exemplar into the slice that it finds,
// as a reservoir may that saves memory.
type writingReservoir struct{ lastReservoir }

func (r *writingReservoir) Offer(ctx context.Context, t time.Time, v exemplar.Value, dropped []attribute.KeyValue) {
	r.lastReservoir.Offer(ctx, t, v, dropped)
	id := trace.SpanContextFromContext(ctx).TraceID()
	r.last[0].TraceID = id[:]
}

func (r *writingReservoir) Collect(dest *[]exemplar.Exemplar) {
	if len(*dest) == 0 {
		*dest = append(*dest, exemplar.Exemplar{})
	}
	e := &(*dest)[0]
	e.TraceID = append(e.TraceID[:0], r.last[0].TraceID...)
	e.Value = r.last[0].Value
}

// TestReservoirWritesInPlace holds that the exemplars of two points share nothing.
func TestReservoirWritesInPlace(t *testing.T) {
	b := bound.New(bound.WithViews(view("h", sdkmetric.Stream{
		ExemplarReservoirProviderSelector: func(sdkmetric.Aggregation) exemplar.ReservoirProvider {
			return func(attribute.Set) exemplar.Reservoir { return new(writingReservoir) }
		},
	})))
	h := newHistogram(t, meterOf(b), "h", 1)
	h.Bind(engine(1)).Record(sampled(1), 1)
	h.Bind(engine(2)).Record(sampled(2), 2)
	want := []string{"1 of 00000000000000000000000000000001/ with ", "2 of 00000000000000000000000000000002/ with "}
	if got := exemplarsOf(produce(t, b)["h"]); !slices.Equal(got, want) {
		t.Errorf("the exemplars are %v, want %v", got, want)
	}
}
