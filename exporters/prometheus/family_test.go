// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestExtraAttribute: the points of an engine with an attribute that no page
// knows, such as a tier, add up under LMCache's names and stay apart natively.
func TestExtraAttribute(t *testing.T) {
	b := newBridge(t, both)
	meter := b.provider.Meter(instruments.ScopeName)
	engine := func(worker, tier string) metric.MeasurementOption {
		return metric.WithAttributes(instruments.ModelNameKey.String("llama"), instruments.WorkerIDKey.String(worker),
			attribute.String("lmcache.tier.name", tier))
	}
	if _, err := meter.Int64ObservableCounter(instruments.RetrieveHitTokens.String(),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(1, engine("0", "cpu"))
			o.Observe(2, engine("0", "disk"))
			o.Observe(4, engine("1", "cpu"))
			return nil
		})); err != nil {
		t.Fatal(err)
	}
	usage, err := meter.Float64Gauge(instruments.RemotePingLatency.String())
	if err != nil {
		t.Fatal(err)
	}
	usage.Record(t.Context(), 0.05, engine("0", "cpu"))
	usage.Record(t.Context(), 0.007, engine("0", "disk"))
	duration, err := meter.Float64Histogram(instruments.RemoteGetDuration.String(),
		metric.WithExplicitBucketBoundaries(instruments.RemoteGetDuration.Metric().Bounds...))
	if err != nil {
		t.Fatal(err)
	}
	duration.Record(t.Context(), 0.003, engine("0", "cpu"))
	duration.Record(t.Context(), 0.02, engine("0", "disk"))

	p := b.page(t)
	worker := []otelcache.Engine{{ModelName: "llama", WorkerID: "0"}, {ModelName: "llama", WorkerID: "1"}}
	for name, want := range map[string][2]float64{"lmcache:num_hit_tokens_total": {3, 4}, "lmcache:remote_ping_latency": {57, 0}} {
		for i, e := range worker {
			if got := number(p.series(t, name, e)); got != want[i] || len(p[name].GetMetric()) != 2 {
				t.Errorf("%s of worker %d is %v, want %v: %v", name, i, got, want[i], p[name])
			}
		}
	}
	h := p.series(t, "lmcache:remote_time_to_get", worker[0]).GetHistogram()
	if h.GetSampleCount() != 2 || h.GetSampleSum() != 23 || below(t, h, 5) != 1 || below(t, h, 20) != 2 {
		t.Errorf("lmcache:remote_time_to_get is %v, want 3 ms and 20 ms", h)
	}
	if got := len(p["lmcache_retrieve_hit_tokens_total"].GetMetric()); got != 3 {
		t.Errorf("natively %d series, want 3", got)
	}
}
