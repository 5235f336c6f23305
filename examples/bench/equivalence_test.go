// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestWaysAreEquivalent holds that the benchmarks compare like with like: all
// ways make the spans and the measurements that by hand makes. Those that use
// client_golang have no exemplars, and it alone no spans.
func TestWaysAreEquivalent(t *testing.T) {
	t.Parallel()
	for _, s := range []setting{untraced, unsampled, sampled, exemplars} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			want := outputOf(t, s, openByHand)
			if s.name == "sampled" && len(want.spans) != 2*(1+4+4+1)+1 {
				t.Errorf("made %d spans, want 4 for a retrieve and a store, and one for each of the others", len(want.spans))
			}
			if len(want.metrics) < 40 || len(want.counts) < 20 {
				t.Fatalf("only %d metrics and %d series to compare", len(want.metrics), len(want.counts))
			}
			for _, w := range ways {
				got := outputOf(t, s, w.open)
				if got, want := strings.Join(got.spans, "\n"), strings.Join(want.spans, "\n"); got != want && w.name != "client" {
					t.Errorf("spans differ.\n%s:\n%s\n\nby hand:\n%s", w.name, got, want)
				}
				if !maps.Equal(got.counts, want.counts) {
					t.Errorf("measurements differ.\n%s:\n%v\n\nby hand:\n%v", w.name, got.counts, want.counts)
				}
				if len(got.metrics) == 0 {
					continue
				}
				metricdatatest.AssertEqual(t, metricdata.ScopeMetrics{Metrics: want.metrics}, metricdata.ScopeMetrics{Metrics: got.metrics},
					metricdatatest.IgnoreTimestamp())
			}
		})
	}
}

type output struct {
	spans   []string
	metrics []metricdata.Metrics // of ways that use OpenTelemetry
	counts  map[string]string    // of all series that are not 0
}

// outputOf is what two engines put out that a way is used for.
func outputOf(t *testing.T, s setting, open func(testing.TB, outputs, []otelcache.Engine) []requests) (out output) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		to, spans := outputs{tracerProvider: tracenoop.NewTracerProvider(), registry: prometheus.NewRegistry()}, tracetest.NewSpanRecorder()
		if s.sampler != nil {
			to.tracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSampler(s.sampler), sdktrace.WithSpanProcessor(spans),
				sdktrace.WithIDGenerator(&countingIDs{}))
		}
		var reader sdkmetric.Reader
		to.meterProvider = func(p ...sdkmetric.Producer) metric.MeterProvider {
			var mp metric.MeterProvider
			mp, reader = newMeterProvider(p...)
			return mp
		}
		ctx, engines := s.context(), open(t, to, newEngines(2))
		for i, r := range engines {
			w := work{tokens: 4096, hits: 1024, step: func(step int) { time.Sleep(time.Duration(step+1+i) * 7 * time.Millisecond) }}
			for _, op := range operations {
				op.run(r, ctx, w)
			}
		}
		// In a bucket of its own: of two values in one, the SDK chooses the
		// exemplar by chance.
		engines[0].lookup(ctx, work{tokens: 4096, step: func(int) { time.Sleep(time.Second) }})
		out.spans = describeSpans(spans.Ended())
		if reader == nil {
			out.counts = gatheredCounts(t, to.registry)
			return
		}
		var collected metricdata.ResourceMetrics
		if err := reader.Collect(ctx, &collected); err != nil {
			t.Fatal(err)
		}
		for _, scope := range collected.ScopeMetrics {
			out.metrics = append(out.metrics, scope.Metrics...)
		}
		out.metrics = slices.DeleteFunc(out.metrics, func(m metricdata.Metrics) bool { // by hand there are none
			entry, _ := instruments.Lookup(m.Name)
			return entry.Process
		})
		for i := range out.metrics {
			withoutCounterExemplars(&out.metrics[i])
		}
		slices.SortFunc(out.metrics, func(a, b metricdata.Metrics) int { return strings.Compare(a.Name, b.Name) })
		out.counts = collectedCounts(out.metrics)
	})
	return out
}

// collectedCounts has what happened to each series of counters and histograms,
// by metric and worker.
func collectedCounts(metrics []metricdata.Metrics) map[string]string {
	counts := map[string]string{}
	key := func(m metricdata.Metrics, attrs attribute.Set) string {
		worker, _ := attrs.Value("lmcache.worker.id")
		return m.Name + " of " + worker.AsString()
	}
	for _, m := range metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				if p.Value != 0 {
					counts[key(m, p.Attributes)] = fmt.Sprint(p.Value)
				}
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				cumulative := make([]uint64, len(p.Bounds))
				for i, sum := 0, uint64(0); i < len(p.Bounds); i++ {
					sum += p.BucketCounts[i]
					cumulative[i] = sum
				}
				counts[key(m, p.Attributes)] = fmt.Sprintf("%d, sum %.9g, at most %v", p.Count, p.Sum, cumulative)
			}
		}
	}
	return counts
}

// gatheredCounts has the same of client_golang's metrics.
func gatheredCounts(t *testing.T, g prometheus.Gatherer) map[string]string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, m := range instruments.All() {
		names[metricName(m)] = m.Name
	}
	counts := map[string]string{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var value string
			switch h := m.GetHistogram(); {
			case h != nil && h.GetSampleCount() > 0:
				var cumulative []uint64
				for _, b := range h.GetBucket() {
					cumulative = append(cumulative, b.GetCumulativeCount())
				}
				value = fmt.Sprintf("%d, sum %.9g, at most %v", h.GetSampleCount(), h.GetSampleSum(), cumulative)
			case m.GetCounter().GetValue() > 0:
				value = fmt.Sprint(m.GetCounter().GetValue())
			default:
				continue
			}
			for _, l := range m.GetLabel() {
				if l.GetName() == "worker_id" {
					counts[names[f.GetName()]+" of "+l.GetValue()] = value
				}
			}
		}
	}
	return counts
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
