// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// tierCalls are what tiers do, with their allocations under a request that is
// not sampled: the state of an operation, which has to outlive the call. A move
// has both of its sides in one.
var tierCalls = []struct {
	name   string
	call   func(context.Context, *otelcache.TierMonitor)
	allocs float64
}{
	{"read", func(ctx context.Context, m *otelcache.TierMonitor) {
		_, o := m.StartRead(ctx, 1000)
		o.Finish(1000, 4096)
	}, 1},
	{"read with options", func(ctx context.Context, m *otelcache.TierMonitor) {
		_, o := m.StartRead(ctx, 1000, otelcache.ForPrefetch, otelcache.WithKeys(1000))
		defer o.Abandon()
		o.Finish(1000, 4096)
	}, 1},
	{"write", func(ctx context.Context, m *otelcache.TierMonitor) {
		_, o := m.StartWrite(ctx, 1000)
		o.Abandon()
	}, 1},
	{"move", func(ctx context.Context, m *otelcache.TierMonitor) {
		_, o := m.StartMove(ctx, "memory", 1000)
		o.Finish(1000, 4096)
	}, 1},
	{"recorded read", func(ctx context.Context, m *otelcache.TierMonitor) {
		m.RecordRead(ctx, otelcache.TierRecord{Tokens: 1000, Bytes: 4096})
	}, 1},
	{"events", func(ctx context.Context, m *otelcache.TierMonitor) {
		m.Evict(ctx, 1, 4096, otelcache.Capacity)
		m.Clear(ctx)
		m.SetUsage(1 << 30)
	}, 0},
}

func TestTierAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	onlyOn64Bits(t)
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	m := openMonitor(t, testEngine, tiersOption, otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp))
	ctx, span := tp.Tracer("host").Start(context.Background(), "request")
	defer span.End()
	for _, c := range tierCalls {
		for _, tier := range []*otelcache.TierMonitor{m.Tier("redis"), m.Tier("unknown")} {
			if got := testing.AllocsPerRun(1000, func() { c.call(ctx, tier) }); got != c.allocs {
				t.Errorf("%s: got %v allocations, want %v", c.name, got, c.allocs)
			}
		}
		if got := testing.AllocsPerRun(100, func() { c.call(ctx, nil) }); got != 0 {
			t.Errorf("%s of a nil tier: got %v allocations, want none", c.name, got)
		}
	}
}

func BenchmarkTier(b *testing.B) {
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	m := openMonitor(b, testEngine, tiersOption, untraced, otelcache.WithMeterProvider(mp))
	tier := m.Tier("nvme")
	for _, c := range tierCalls {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.call(context.Background(), tier)
			}
		})
	}
	b.Run("parallel read", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				tierCalls[0].call(context.Background(), tier)
			}
		})
	})
}
