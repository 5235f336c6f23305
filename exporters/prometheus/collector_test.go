// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/views"
)

// TestCollector holds that a registry with the exporter and with somebody else's
// metrics has the exporter's families as they are, in every format.
func TestCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := views.New(views.WithExponential("lmcache.store.duration")) // a native histogram
		if err != nil {
			t.Fatal(err)
		}
		b := newBridgeWithViews(t, both, v[0])
		feed(sampled(), t, b.monitor(t, llama, slow...))
		registry := client.NewPedanticRegistry()
		other := client.NewCounter(client.CounterOpts{Name: "other_total", Help: "Something of the host's."})
		registry.MustRegister(other, b.exporter.Collector())
		for _, format := range []expfmt.FormatType{expfmt.TypeTextPlain, expfmt.TypeOpenMetrics, expfmt.TypeProtoCompact} {
			want := encode(t, b.exporter.Gatherer(), expfmt.NewFormat(format))
			got := encode(t, registry, expfmt.NewFormat(format))
			delete(got, "other_total")
			if len(got) != len(want) || len(want) < 100 {
				t.Errorf("%v: %d families, want %d", format, len(got), len(want))
			}
			for name := range want {
				if !bytes.Equal(got[name], want[name]) {
					t.Errorf("%v: %s is\n%s\nwant\n%s", format, name, got[name], want[name])
				}
			}
		}
	})
}

// encode returns each family of a page in a format, by its name.
func encode(t *testing.T, g client.Gatherer, format expfmt.Format) map[string][]byte {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	encoded := map[string][]byte{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			exemplars := m.GetHistogram().GetExemplars()
			for _, bucket := range m.GetHistogram().GetBucket() {
				exemplars = append(exemplars, bucket.GetExemplar())
			}
			for _, x := range exemplars { // OpenTelemetry's exporter has the labels in no order
				slices.SortFunc(x.GetLabel(), func(a, b *dto.LabelPair) int {
					return strings.Compare(a.GetName(), b.GetName())
				})
			}
		}
		var b bytes.Buffer
		if err := expfmt.NewEncoder(&b, format).Encode(f); err != nil {
			t.Fatal(err)
		}
		encoded[f.GetName()] = b.Bytes()
	}
	return encoded
}

// TestCollectorAfterShutdown holds that the rest of a registry's page survives.
func TestCollectorAfterShutdown(t *testing.T) {
	exporter, err := prometheus.New()
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	registry := client.NewRegistry()
	registry.MustRegister(client.NewGauge(client.GaugeOpts{Name: "other"}), exporter.Collector())
	if err := provider.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "other" {
		t.Errorf("got %v and %v, want the other metric", families, err)
	}
}

// TestFurtherAttributes holds that LMCache's names add up the points of an engine
// that differ in other attributes, such as a tier.
func TestFurtherAttributes(t *testing.T) {
	b := newBridge(t, both)
	meter := b.provider.Meter(instruments.ScopeName)
	counter, err := meter.Int64Counter(instruments.LookupHitTokens.String())
	if err != nil {
		t.Fatal(err)
	}
	usage, err := meter.Float64Gauge(instruments.LocalCacheUsage.String())
	if err != nil {
		t.Fatal(err)
	}
	histogram, err := meter.Float64Histogram(instruments.RemoteGetDuration.String())
	if err != nil {
		t.Fatal(err)
	}
	for i, tier := range []string{"cpu", "disk"} {
		attrs := metric.WithAttributes(instruments.ModelNameKey.String("llama"), attribute.String("lmcache.tier.name", tier))
		counter.Add(t.Context(), int64(100+i), attrs)
		usage.Record(t.Context(), float64(1000+i), attrs)
		histogram.Record(t.Context(), 0.25, attrs)
	}
	page := b.text(t)
	const labels = `{model_name="llama",role="",served_model_name="",worker_id=""} `
	for _, want := range []string{
		"lmcache:num_lookup_hits_total" + labels + "201\n",
		"lmcache:local_cache_usage" + labels + "2001\n",
		"lmcache:remote_time_to_get_sum" + labels + "500\n", // ms
		"lmcache:remote_time_to_get_count" + labels + "2\n",
		`lmcache_lookup_hit_tokens_total{gen_ai_request_model="llama",lmcache_tier_name="disk",`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("not on the page: %s", want)
		}
	}
}

// TestLongFilteredAttribute holds that an exemplar keeps the ids of its span when
// a view drops an attribute that is too long for the labels of an exemplar, and
// that nothing is reported at each scrape.
func TestLongFilteredAttribute(t *testing.T) {
	errs := handled(t)
	v, err := views.New(views.WithDropAttributes(instruments.WorkerIDKey))
	if err != nil {
		t.Fatal(err)
	}
	long := llama
	long.WorkerID = strings.Repeat("w", 300)
	b := newBridgeWithViews(t, both, v[0])
	mon := b.monitor(t, long)
	_, lookup := mon.StartLookup(sampled(), 10)
	lookup.Finish(5)
	page := b.openMetrics(t)
	for _, name := range []string{"lmcache_lookup_request_hit_rate", "lmcache:request_cache_hit_rate"} {
		found := false
		for line := range strings.Lines(page) {
			found = found || strings.HasPrefix(line, name+"_bucket") && strings.Contains(line, `trace_id="`) && strings.Contains(line, `span_id="`)
		}
		if !found {
			t.Errorf("%s has no exemplar with the ids of its span", name)
		}
	}
	if got := errs(); got != "" {
		t.Errorf("reports %q, want none", got)
	}
}
