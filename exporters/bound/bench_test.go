// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

func BenchmarkRecord(b *testing.B) {
	attrs := []attribute.KeyValue{attribute.String("a", "1"), attribute.String("b", "1"), attribute.String("c", "1"), attribute.String("d", "1")}
	bounds := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}
	p := bound.New()
	ctx := context.Background()
	m := p.MeterProvider(nil).Meter(instruments.ScopeName)
	h, _ := m.Float64Histogram("x", metric.WithExplicitBucketBoundaries(bounds...))
	s := h.(interface {
		Bind(attrs ...attribute.KeyValue) metric.Float64Histogram
	}).Bind(attrs...)
	b.Run("bound", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Record(ctx, 12.5)
		}
	})
	b.Run("bound/parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				s.Record(ctx, 12.5)
			}
		})
	})
	opt := metric.WithAttributeSet(attribute.NewSet(attrs...))
	b.Run("unbound", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h.Record(ctx, 12.5, opt)
		}
	})
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	h2, _ := mp.Meter("x").Float64Histogram("x", metric.WithExplicitBucketBoundaries(bounds...))
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h2.Record(ctx, 12.5, opt)
		}
	})
}
