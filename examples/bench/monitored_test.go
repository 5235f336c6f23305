// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// monitored is the telemetry as package otelcache does it.
type monitored struct{ *otelcache.Monitor }

// openSDK uses the SDK's own instruments.
func openSDK(tb testing.TB, out outputs, engines []otelcache.Engine) []requests {
	tb.Helper()
	return openMonitors(tb, out.tracerProvider, out.meterProvider(), engines)
}

// openBound uses bound instruments, where metrics are on.
func openBound(tb testing.TB, out outputs, engines []otelcache.Engine) []requests {
	tb.Helper()
	b := bound.New()
	mp := out.meterProvider(b)
	if _, ok := mp.(*sdkmetric.MeterProvider); ok {
		mp = b.MeterProvider(mp)
	}
	return openMonitors(tb, out.tracerProvider, mp, engines)
}

func openMonitors(tb testing.TB, tp trace.TracerProvider, mp metric.MeterProvider, engines []otelcache.Engine) []requests {
	tb.Helper()
	all := make([]requests, len(engines))
	for i, e := range engines {
		m, err := otelcache.New(e, otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp))
		if err != nil {
			tb.Fatalf("New(%+v): %v", e, err)
		}
		tb.Cleanup(func() { _ = m.Close() })
		all[i] = monitored{m}
	}
	return all
}

func (m monitored) lookup(ctx context.Context, w work) {
	_, l := m.StartLookup(ctx, w.tokens)
	w.do(0)
	l.Finish(w.hits)
}

func (m monitored) retrieve(ctx context.Context, w work) {
	ctx, r := m.StartRetrieve(ctx, w.tokens)
	_, p := r.StartPhase(ctx, otelcache.ProcessTokens)
	w.do(1)
	p.End()
	_, p = r.StartPhase(ctx, otelcache.Broadcast)
	w.do(2)
	p.End()
	_, p = r.StartPhase(ctx, otelcache.ToGPU)
	w.do(3)
	p.End()
	r.Finish(w.hits)
}

func (m monitored) store(ctx context.Context, w work) {
	ctx, s := m.StartStore(ctx, w.tokens)
	_, p := s.StartPhase(ctx, otelcache.ProcessTokens)
	w.do(1)
	p.End()
	_, p = s.StartPhase(ctx, otelcache.FromGPU)
	w.do(2)
	p.End()
	_, p = s.StartPhase(ctx, otelcache.Put)
	w.do(3)
	p.End()
	s.Finish(otelcache.AllTokens)
}

func (m monitored) transfer(ctx context.Context, w work) {
	_, t := m.StartTransfer(ctx, w.tokens, "peer")
	w.do(0)
	t.Finish()
}
