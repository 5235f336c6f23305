// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestExemplars(t *testing.T) { withEachBridge(t, testExemplars) }

func testExemplars(t *testing.T, newBridge newBridgeFunc) {
	b := newBridge(t, both)
	mon := b.monitor(t, llama)
	mon.RecordRemoteGetTime(sampled(), 12*time.Millisecond)
	mon.RecordRemoteGetTime(t.Context(), 15*time.Millisecond) // of no trace
	mon.RecordChunkReuse(t.Context(), time.Minute)
	const ids = ` # {span_id="b200000000000002",trace_id="a1000000000000000000000000000001"} `
	exemplars := map[string]string{}
	for _, line := range sortedLines(b.openMetrics(t)) {
		if series, exemplar, ok := strings.Cut(line, " # "); ok {
			name, _, _ := strings.Cut(series, "{")
			exemplars[name] += le(series) + " # " + strings.Join(strings.Fields(exemplar)[:2], " ")
		}
	}
	for name, want := range map[string]string{
		"lmcache:remote_time_to_get_bucket":          "20.0" + ids + "12.0",
		"lmcache_remote_get_duration_seconds_bucket": "0.02" + ids + "0.012",
	} {
		if got := exemplars[name]; got != want {
			t.Errorf("the exemplars of %s are %q, want %q", name, got, want)
		}
	}
	if len(exemplars) != 2 {
		t.Errorf("exemplars %q, want two", exemplars)
	}
	if text := b.text(t); strings.Contains(text, "trace_id") {
		t.Error("the text format has exemplars, which it does not know")
	}
}

// TestLatestExemplar: of several in one of LMCache's buckets, as exponential
// histograms have them, the latest is shown.
func TestLatestExemplar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, lmcache, sdkmetric.WithView(exponential(20)))
		mon := b.monitor(t, llama)
		for _, ms := range []int{12, 16, 14} {
			mon.RecordRemoteGetTime(sampled(), time.Duration(ms)*time.Millisecond)
			time.Sleep(time.Second)
		}
		if text := b.openMetrics(t); strings.Count(text, "trace_id") != 1 || !strings.Contains(text, `"} 14.0 `) {
			t.Errorf("the page has not the exemplar 14 alone:\n%s", text)
		}
	})
}

// TestExemplarsOfDroppedAttributes: an attribute that a view drops is in native
// exemplars if Prometheus accepts it. If not, the ids of the span stay, and
// nothing is reported. Every kind of metric with exemplars, of the host too.
func TestExemplarsOfDroppedAttributes(t *testing.T) {
	for name, test := range map[string]struct {
		worker attribute.KeyValue
		stays  bool
	}{
		"fits":     {instruments.WorkerIDKey.String("7"), true},
		"too long": {instruments.WorkerIDKey.String(strings.Repeat("w", 300)), false},
		"no UTF-8": {instruments.WorkerIDKey.String("\xff"), false},
		"no label": {attribute.String("§", "7"), false},
	} {
		for histograms, aggregation := range map[string]sdkmetric.Aggregation{
			"explicit": nil, "exponential": sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20},
		} {
			t.Run(name+"/"+histograms, func(t *testing.T) {
				handled := handled(t)
				b := newBridge(t, both, sdkmetric.WithView(func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
					s := sdkmetric.Stream{
						Name: i.Name, Unit: i.Unit, Description: i.Description,
						AttributeFilter: attribute.NewDenyKeysFilter(instruments.WorkerIDKey, "§"),
					}
					if i.Kind == sdkmetric.InstrumentKindHistogram {
						s.Aggregation = aggregation
					}
					return s, true
				}))
				b.monitor(t, otelcache.Engine{ModelName: "llama"})
				worker := metric.WithAttributes(test.worker)
				host, ours := b.provider.Meter("host"), b.provider.Meter(instruments.ScopeName)
				recorded := errors.Join(
					record(host.Int64Counter("int.counter"))(func(i metric.Int64Counter) { i.Add(sampled(), 1, worker) }),
					record(host.Float64Counter("float.counter"))(func(i metric.Float64Counter) { i.Add(sampled(), 1, worker) }),
					record(host.Int64Histogram("int.histogram"))(func(i metric.Int64Histogram) { i.Record(sampled(), 1, worker) }),
					record(ours.Float64Histogram(instruments.RemoteGetDuration.String()))(func(i metric.Float64Histogram) {
						i.Record(sampled(), 1, worker)
					}),
				)
				if recorded != nil {
					t.Fatal(recorded)
				}
				for range 2 {
					found := map[string]bool{}
					for name, family := range read(t, b.exporter.Handler()) {
						text := strings.ReplaceAll(family.String(), " ", "")
						hasIDs := strings.Contains(text, "trace_id") && strings.Contains(text, "span_id")
						hasWorker := strings.Contains(text, "lmcache_worker_id")
						if hasIDs {
							found[name] = true
						}
						if hasIDs && !strings.HasPrefix(name, "lmcache:") && hasWorker != test.stays {
							t.Errorf("%s has the worker in its exemplar: %t, want %t", name, hasWorker, test.stays)
						}
					}
					for _, want := range []string{
						"int_counter_total", "float_counter_total", "int_histogram", "lmcache_remote_get_duration", "lmcache:remote_time_to_get",
					} {
						if !found[want] {
							t.Errorf("%s has no exemplar", want)
						}
					}
				}
				if got := handled(); got != "" {
					t.Errorf("the error handler got %q, want nothing", got)
				}
			})
		}
	}
}

// record uses an instrument if there was no error.
func record[I any](instrument I, err error) func(func(I)) error {
	return func(use func(I)) error {
		if err == nil {
			use(instrument)
		}
		return err
	}
}

// le returns the bound of a bucket's series.
func le(series string) string {
	_, rest, _ := strings.Cut(series, `,le="`)
	bound, _, _ := strings.Cut(rest, `"`)
	return bound
}
