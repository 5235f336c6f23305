// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
)

// TestNotANumber compares NaN and the infinities with the SDK's, as equality
// cannot.
func TestNotANumber(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	sdk := newHistogramOfSDK(t, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	b := bound.New()
	h := newHistogram(t, meterOf(b), "h", 1, 2)
	nan, inf := nan(), 1/zero
	for i, values := range [][]float64{{nan}, {1, nan}, {inf, -inf}, {-inf}, {inf, 1}} {
		for _, v := range values {
			h.Record(ctx, v, metric.WithAttributes(engine(i)))
			sdk.Record(ctx, v, metric.WithAttributes(engine(i)))
		}
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		t.Fatal(err)
	}
	describe := func(a metricdata.Aggregation) map[attribute.Set]string {
		all := map[attribute.Set]string{}
		for _, p := range a.(metricdata.Histogram[float64]).DataPoints {
			lowest, _ := p.Min.Value()
			greatest, _ := p.Max.Value()
			all[p.Attributes] = fmt.Sprintf("%d %v %v from %v to %v", p.Count, p.BucketCounts, p.Sum, lowest, greatest)
		}
		return all
	}
	want := describe(rm.ScopeMetrics[0].Metrics[0].Data)
	for attrs, got := range describe(produce(t, b)["h"]) {
		if got != want[attrs] {
			t.Errorf("%v: %s, want the SDK's %s", attrs.ToSlice(), got, want[attrs])
		}
	}
}

var zero float64

func nan() float64 { return zero / zero }

var eighteenBounds = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}

// TestRecordAllocates nothing, through an instrument that is bound.
func TestRecordAllocates(t *testing.T) {
	s := newHistogram(t, meterOf(bound.New()), "h", eighteenBounds...).Bind(attributesOf(1)...)
	for what, c := range map[string]context.Context{"without a span": ctx, "in a sampled span": sampled(1)} {
		if n := testing.AllocsPerRun(100, func() { s.Record(c, 12.5) }); n != 0 {
			t.Errorf("%s: a record allocates %v times, want 0", what, n)
		}
	}
}

// BenchmarkRecord compares measurements of engines with four attributes, in a
// span that is not sampled.
func BenchmarkRecord(b *testing.B) {
	unsampled := trace.ContextWithSpanContext(ctx, trace.SpanContextFromContext(sampled(1)).WithTraceFlags(0))
	for name, m := range map[string]metric.Meter{
		"bound": meterOf(bound.New()),
		"SDK":   sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())).Meter("test"),
	} {
		h, err := m.Float64Histogram("h", metric.WithExplicitBucketBoundaries(eighteenBounds...))
		if err != nil {
			b.Fatal(err)
		}
		options := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attributesOf(1)...))}
		if bound, ok := h.(binder); ok {
			h, options = bound.Bind(attributesOf(1)...), nil
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Record(unsampled, 12.5, options...)
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					h.Record(unsampled, 12.5, options...)
				}
			})
		})
	}
}

// BenchmarkProduce collects 40 histograms and 100 counters of each engine.
func BenchmarkProduce(b *testing.B) {
	for _, engines := range []int{1, 64, 1000} {
		b.Run(fmt.Sprintf("%d engines", engines), func(b *testing.B) {
			p := bound.New()
			m := meterOf(p)
			for i := range 40 {
				h := newHistogram(b, m, fmt.Sprint("h", i), eighteenBounds...)
				for e := range engines {
					h.Bind(attributesOf(e)...).Record(ctx, 12.5)
				}
			}
			var counters []metric.Int64ObservableCounter
			var observables []metric.Observable
			for i := range 100 {
				c := newCounter(b, m, fmt.Sprint("c", i))
				counters, observables = append(counters, c), append(observables, c)
			}
			var options [][]metric.ObserveOption
			for e := range engines {
				set := attribute.NewSet(attributesOf(e)...)
				options = append(options, []metric.ObserveOption{metric.WithAttributeSet(set)})
			}
			register(b, m, func(_ context.Context, o metric.Observer) error {
				for _, option := range options {
					for _, c := range counters {
						o.ObserveInt64(c, 1, option...)
					}
				}
				return nil
			}, observables...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Produce(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
