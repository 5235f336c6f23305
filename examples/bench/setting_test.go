// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// setting is what a service has set up, and the span of its caller.
type setting struct {
	name      string
	noMetrics bool
	sampler   sdktrace.Sampler // nil for no tracer
	caller    trace.TraceFlags // 0 for a caller without a span
}

var (
	noop      = setting{name: "noop", noMetrics: true}
	untraced  = setting{name: "untraced"}
	unsampled = setting{name: "unsampled", sampler: sdktrace.NeverSample()}
	sampled   = setting{name: "sampled", sampler: sdktrace.AlwaysSample()}
	// Traces are the caller's alone: its span is what exemplars point to.
	exemplars = setting{name: "exemplars", caller: trace.FlagsSampled}
)

func (s setting) context() context.Context {
	if s.caller == 0 {
		return context.Background()
	}
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: s.caller,
	}))
}

// outputs is where the telemetry of one way goes.
type outputs struct {
	tracerProvider trace.TracerProvider
	// meterProvider makes one whose reader has the producers, too.
	meterProvider func(...sdkmetric.Producer) metric.MeterProvider
	registry      *prometheus.Registry
}

func (s setting) outputs(tb testing.TB) outputs {
	tb.Helper()
	out := outputs{
		tracerProvider: tracenoop.NewTracerProvider(),
		meterProvider: func(p ...sdkmetric.Producer) metric.MeterProvider {
			mp, _ := newMeterProvider(p...)
			return mp
		},
		registry: prometheus.NewRegistry(),
	}
	if s.noMetrics {
		out.meterProvider = func(...sdkmetric.Producer) metric.MeterProvider {
			// All no-op providers are equal, and an engine has one monitor on each.
			return &struct{ metric.MeterProvider }{metricnoop.NewMeterProvider()}
		}
	}
	if s.sampler != nil {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(s.sampler), sdktrace.WithBatcher(discard{}))
		tb.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
		out.tracerProvider = tp
	}
	return out
}

// newMeterProvider makes one without the SDK's limit, beyond which all engines
// would share one series.
func newMeterProvider(producers ...sdkmetric.Producer) (*sdkmetric.MeterProvider, sdkmetric.Reader) {
	var opts []sdkmetric.ManualReaderOption
	for _, p := range producers {
		opts = append(opts, sdkmetric.WithProducer(p))
	}
	reader := sdkmetric.NewManualReader(opts...)
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0)), reader
}

// discard is a span exporter that keeps nothing.
type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

func (discard) Shutdown(context.Context) error { return nil }
