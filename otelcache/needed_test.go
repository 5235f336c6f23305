// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// neededCalls are the calls to OpenTelemetry and the clock that no
// implementation of an unsampled operation can do without: they start and end
// one span, read the clock at the start and end of the operation and of each
// phase, and record each histogram. They keep no state, count nothing, and
// start no spans of phases. TestNeededCalls checks that they record what the
// same written by hand does.
type neededCalls struct{ *handwritten }

var (
	clientSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}
	clockZero  = time.Now()
)

// clock reads the monotonic clock alone, which is cheaper than time.Now.
func clock() time.Duration { return time.Since(clockZero) }

func (c neededCalls) seconds(ctx context.Context, h metric.Float64Histogram, d time.Duration) {
	h.Record(ctx, d.Seconds(), c.record...)
}

func (c neededCalls) phase(w work, step int) time.Duration {
	start := clock()
	w.do(step)
	return clock() - start
}

func (c neededCalls) lookup(ctx context.Context, w work) {
	ctx, span := c.tracer.Start(ctx, "lmcache.lookup")
	start := clock()
	w.do(0)
	c.seconds(ctx, c.lookupDuration, clock()-start)
	if w.hits > 0 {
		c.lookupHitRate.Record(ctx, float64(w.hits)/float64(w.tokens), c.record...)
	}
	span.End()
}

func (c neededCalls) retrieve(ctx context.Context, w work) {
	ctx, span := c.tracer.Start(ctx, "lmcache.retrieve")
	start := clock()
	processTokens, broadcast, toGPU := c.phase(w, 1), c.phase(w, 2), c.phase(w, 3)
	elapsed := clock() - start
	c.seconds(ctx, c.retrieveDuration, elapsed)
	c.retrieveSpeed.Record(ctx, float64(w.hits)/elapsed.Seconds(), c.record...)
	c.seconds(ctx, c.retrieveTokens, processTokens)
	c.seconds(ctx, c.retrieveBroadcast, broadcast)
	c.seconds(ctx, c.retrieveToGPU, toGPU)
	span.End()
}

func (c neededCalls) store(ctx context.Context, w work) {
	ctx, span := c.tracer.Start(ctx, "lmcache.store")
	start := clock()
	processTokens, fromGPU, put := c.phase(w, 1), c.phase(w, 2), c.phase(w, 3)
	elapsed := clock() - start
	c.seconds(ctx, c.storeDuration, elapsed)
	c.storeSpeed.Record(ctx, float64(w.tokens)/elapsed.Seconds(), c.record...)
	c.seconds(ctx, c.storeProcessTokens, processTokens)
	c.seconds(ctx, c.storeFromGPU, fromGPU)
	c.seconds(ctx, c.storePut, put)
	span.End()
}

func (c neededCalls) transfer(ctx context.Context, w work) {
	ctx, span := c.tracer.Start(ctx, "lmcache.p2p_transfer", clientSpan...)
	start := clock()
	w.do(0)
	elapsed := clock() - start
	c.seconds(ctx, c.transferDuration, elapsed)
	c.transferSpeed.Record(ctx, float64(w.tokens)/elapsed.Seconds(), c.record...)
	span.End()
}

func TestNeededCalls(t *testing.T) {
	t.Parallel()
	histograms := func(implement implementation) (all []metricdata.Metrics) {
		for _, m := range outputOf(t, sdktrace.NeverSample(), implement).metrics.Metrics {
			if _, ok := m.Data.(metricdata.Histogram[float64]); ok {
				all = append(all, m)
			}
		}
		return all
	}
	want := histograms(func(tp trace.TracerProvider, mp *sdkmetric.MeterProvider) requests {
		return newHandwritten(benchEngine, tp, mp)
	})
	got := histograms(func(tp trace.TracerProvider, mp *sdkmetric.MeterProvider) requests {
		return neededCalls{newHandwritten(benchEngine, tp, mp)}
	})
	if len(got) != len(want) || len(got) < 14 {
		t.Fatalf("recorded %d histograms, want the %d of the same written by hand", len(got), len(want))
	}
	for i := range got {
		metricdatatest.AssertEqual(t, want[i], got[i], metricdatatest.IgnoreTimestamp())
	}
}
