// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/protobuf/proto"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
)

// read returns the families of a page in protobuf, with exemplars in order:
// OpenTelemetry's exporter leaves the order of their labels to chance.
func read(t *testing.T, handler http.Handler) map[string]*dto.MetricFamily {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	request.Header.Set("Accept", string(expfmt.NewFormat(expfmt.TypeProtoDelim)))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	decoder := expfmt.NewDecoder(answer.Body, expfmt.ResponseFormat(answer.Header()))
	families := map[string]*dto.MetricFamily{}
	for {
		var f dto.MetricFamily
		if err := decoder.Decode(&f); err == io.EOF {
			return families
		} else if err != nil {
			t.Fatal(err)
		}
		for _, m := range f.GetMetric() {
			exemplars := slices.Concat(m.GetHistogram().GetExemplars(), []*dto.Exemplar{m.GetCounter().GetExemplar()})
			for _, b := range m.GetHistogram().GetBucket() {
				exemplars = append(exemplars, b.GetExemplar())
			}
			for _, x := range exemplars {
				slices.SortFunc(x.GetLabel(), func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
			}
		}
		families[f.GetName()] = &f
	}
}

// TestCollector: a registry with the exporter and another collector serves the
// page of Handler and the other's families, in every format.
func TestCollector(t *testing.T) {
	for name, view := range map[string]sdkmetric.View{
		"explicit": func(sdkmetric.Instrument) (s sdkmetric.Stream, ok bool) { return s, false }, "native": exponential(20),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBridge(t, both, sdkmetric.WithView(view))
				feed(sampled(), t, b.monitor(t, llama, slow...))
				b.monitor(t, mistral)
				hostMetrics(t, b.provider)
				time.Sleep(10 * time.Second) // for the hit rates
				registry := client.NewPedanticRegistry()
				registry.MustRegister(b.exporter.Collector(), client.NewGaugeFunc(client.GaugeOpts{Name: "other"}, func() float64 { return 1 }))
				handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
				for format, end := range map[string]string{"text/plain": "", openMetrics: "# EOF\n"} {
					got := httptest.NewRecorder()
					request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
					request.Header.Set("Accept", format)
					handler.ServeHTTP(got, request)
					want, _ := strings.CutSuffix(b.get("Accept", format).Body.String(), end)
					other := "# HELP other \n# TYPE other gauge\nother 1"
					if end != "" {
						other += ".0"
					}
					compareLines(t, got.Body.String(), want+other+"\n"+end)
				}
				got, want := read(t, handler), read(t, b.exporter.Handler())
				if len(got) != len(want)+1 || got["other"] == nil {
					t.Errorf("%d families of the registry, want the exporter's %d and other", len(got), len(want))
				}
				exemplars, native := 0, 0
				for family, metrics := range want {
					if !strings.HasPrefix(family, "lmcache_otel_") && !proto.Equal(got[family], metrics) {
						t.Errorf("%s is %v, want %v", family, got[family], metrics)
					}
					text := metrics.String()
					exemplars += strings.Count(text, "trace_id")
					native += strings.Count(text, "positive_span")
				}
				if exemplars == 0 || native > 0 != (name == "native") {
					t.Errorf("%d exemplars and %d native histograms: nothing to lose", exemplars, native)
				}
			})
		})
	}
}

// TestCollectorWithLabels: a registry that adds labels changes its own page
// only.
func TestCollectorWithLabels(t *testing.T) {
	b := newBridge(t, both)
	b.monitor(t, llama)
	before := b.text(t)
	registry := client.NewRegistry()
	client.WrapRegistererWith(client.Labels{"zone": "a"}, registry).MustRegister(b.exporter.Collector())
	families, err := registry.Gather()
	if err != nil || len(families) != strings.Count(before, "# TYPE ") {
		t.Errorf("%d families and the error %v, want those of the page", len(families), err)
	}
	for _, f := range families {
		if labels(f.GetMetric()[0])["zone"] != "a" {
			t.Errorf("%s lacks the label of the registry", f.GetName())
		}
	}
	if after := b.text(t); settled(after) != settled(before) {
		t.Errorf("the page changed:\n%s", after)
	}
}

// TestCollectorFails: what is wrong is the registry's to handle, but neither a
// missing provider nor one that was shut down takes the page of the host.
func TestCollectorFails(t *testing.T) {
	handled := handled(t)
	exporter, err := prometheus.New()
	if err != nil {
		t.Fatal(err)
	}
	registry := client.NewRegistry()
	registry.MustRegister(exporter.Collector())
	gather := func(reason string) {
		t.Helper()
		families, err := registry.Gather()
		if failed := err != nil; len(families) > 0 || failed != (reason != "") || failed && !strings.Contains(err.Error(), reason) {
			t.Errorf("%d families and the error %v, want an error with %q", len(families), err, reason)
		}
	}
	gather("")
	wantHandled(t, handled, sdkmetric.ErrReaderNotRegistered.Error())
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	callback := func(context.Context, metric.Int64Observer) error { panic("broken") }
	if _, err := provider.Meter("host").Int64ObservableGauge("gauge", metric.WithInt64Callback(callback)); err != nil {
		t.Fatal(err)
	}
	gather("panic: broken")
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	gather("")
}
