// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestHandwrittenIsEquivalent makes sure that the benchmarks compare like with
// like: the yardstick and this package make the same spans and the same data
// points.
func TestHandwrittenIsEquivalent(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name    string
		sampler sdktrace.Sampler
	}{
		{"sampled", sdktrace.AlwaysSample()},
		{"unsampled", sdktrace.NeverSample()},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			byHand := outputOf(t, s.sampler, func(tp trace.TracerProvider, mp *sdkmetric.MeterProvider) requests {
				return newHandwritten(benchEngine, tp, mp)
			})
			ours := outputOf(t, s.sampler, func(tp trace.TracerProvider, mp *sdkmetric.MeterProvider) requests {
				opts := []otelcache.Option{otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp)}
				return monitored{openMonitor(t, benchEngine, opts...)}
			})
			if s.name == "sampled" && len(ours.spans) != 1+4+4+1+1 {
				t.Errorf("made %d spans, want 4 for the retrieve and the store, and one for each of the others", len(ours.spans))
			}
			if got, want := strings.Join(ours.spans, "\n"), strings.Join(byHand.spans, "\n"); got != want {
				t.Errorf("spans differ.\notelcache:\n%s\n\nby hand:\n%s", got, want)
			}
			if len(ours.metrics.Metrics) < 40 {
				t.Fatalf("only %d metrics to compare", len(ours.metrics.Metrics))
			}
			metricdatatest.AssertEqual(t, byHand.metrics, ours.metrics, metricdatatest.IgnoreTimestamp())
		})
	}
}

type output struct {
	spans   []string
	metrics metricdata.ScopeMetrics
}

type implementation func(trace.TracerProvider, *sdkmetric.MeterProvider) requests

func outputOf(t *testing.T, sampler sdktrace.Sampler, implement implementation) (out output) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		spans := tracetest.NewSpanRecorder()
		tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(spans),
			sdktrace.WithIDGenerator(&countingIDs{}))
		reader := sdkmetric.NewManualReader()
		r := implement(tp, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
		w := work{tokens: 4096, hits: 1024, step: func(i int) { time.Sleep(time.Duration(i+1) * 7 * time.Millisecond) }}
		r.lookup(t.Context(), w)
		r.retrieve(t.Context(), w)
		r.store(t.Context(), w)
		r.transfer(t.Context(), w)
		// In a bucket of its own: of two values in one, the SDK chooses the
		// exemplar by chance.
		w.hits, w.step = 0, func(int) { time.Sleep(time.Second) }
		r.lookup(t.Context(), w)
		out.spans = describeSpans(spans.Ended())
		var collected metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &collected); err != nil {
			t.Fatal(err)
		}
		out.metrics = collected.ScopeMetrics[0]
		out.metrics.Metrics = slices.DeleteFunc(out.metrics.Metrics, isOfTheProcess) // other tests raise them
		for i := range out.metrics.Metrics {
			withoutCounterExemplars(&out.metrics.Metrics[i])
		}
	})
	return out
}

// withoutCounterExemplars takes away what observable counters cannot have.
// Exemplars of histograms stay: they have to agree.
func withoutCounterExemplars(m *metricdata.Metrics) {
	if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
		for i := range sum.DataPoints {
			sum.DataPoints[i].Exemplars = nil
		}
	}
}

// describeSpans puts all that a backend sees of each span into a line.
func describeSpans(spans []sdktrace.ReadOnlySpan) []string {
	names := map[trace.SpanID]string{}
	for _, s := range spans {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	var lines []string
	for _, s := range spans {
		attrs := slices.SortedFunc(slices.Values(s.Attributes()), func(a, b attribute.KeyValue) int {
			return strings.Compare(string(a.Key), string(b.Key))
		})
		var text strings.Builder
		for _, a := range attrs {
			text.WriteString(" " + string(a.Key) + "=" + fmt.Sprint(a.Value.AsInterface()))
		}
		lines = append(lines, strings.Join([]string{
			s.SpanContext().TraceID().String(), names[s.Parent().SpanID()], s.Name(), s.SpanKind().String(),
			s.Status().Code.String(), s.StartTime().Format(time.StampMicro), s.EndTime().Sub(s.StartTime()).String(),
			s.InstrumentationScope().Name, s.InstrumentationScope().Version,
			text.String(),
		}, " "))
	}
	return lines
}

// countingIDs makes the ids of two runs the same.
type countingIDs struct{ n byte }

func (c *countingIDs) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	c.n++
	return trace.TraceID{c.n}, trace.SpanID{c.n}
}

func (c *countingIDs) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	c.n++
	return trace.SpanID{c.n}
}
