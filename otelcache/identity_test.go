// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// keeper is a spans provider whose spans record, and which keeps the slices of
// attributes that they get.
type keeper struct {
	noop.TracerProvider
	kept [][]attribute.KeyValue
}

func (k *keeper) Tracer(string, ...trace.TracerOption) trace.Tracer { return keepingTracer{of: k} }

type keepingTracer struct {
	noop.Tracer
	of *keeper
}

func (t keepingTracer) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	span := keepingSpan{of: t.of}
	return trace.ContextWithSpan(ctx, span), span
}

type keepingSpan struct {
	noop.Span
	of *keeper
}

func (keepingSpan) IsRecording() bool { return true }

func (s keepingSpan) SetAttributes(attrs ...attribute.KeyValue) { s.of.kept = append(s.of.kept, attrs) }

// TestNothingIsAppendedToTheIdentity looks behind the attributes of an engine,
// which all its operations share: what one operation adds to them there, another
// would record as its own.
func TestNothingIsAppendedToTheIdentity(t *testing.T) {
	attrs := []attribute.KeyValue{attribute.Int("a", 1), attribute.Int("b", 2), attribute.Int("c", 3), attribute.Int("d", 4)}
	for _, e := range []otelcache.Engine{{}, {ModelName: "m"}, {ModelName: "m", WorkerID: "0"}, {ModelName: "m", WorkerID: "0", Role: "r"}, testEngine} {
		for n := range attrs {
			spans := new(keeper)
			m := openMonitor(t, e, otelcache.WithTracerProvider(spans), otelcache.WithAttributes(attrs[:n]...))
			for _, k := range operationKinds {
				for _, fails := range []bool{false, true} {
					ctx, o, finish := k.start(context.Background(), m)
					_, p := o.StartPhase(ctx, verifyChecksums)
					time.Sleep(time.Microsecond)
					p.End()
					if fails {
						o.Fail(errBroken)
					} else {
						finish()
					}
				}
			}
			if len(spans.kept) == 0 {
				t.Fatal("no span got attributes")
			}
			identity := spans.kept[0]
			for _, a := range identity[len(identity):cap(identity)] {
				if a.Valid() {
					t.Errorf("%+v with %d attributes more: an operation wrote %s=%v behind them", e, n, a.Key, a.Value.AsInterface())
				}
			}
		}
	}
}
