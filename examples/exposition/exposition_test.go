// SPDX-License-Identifier: Apache-2.0

package exposition_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// page is what Prometheus understands of a page.
type page struct {
	types     map[string]model.MetricType
	samples   map[string]float64 // by name and labels
	exemplars map[string]exemplar.Exemplar
}

// scrape asks for the page as Prometheus does, and reads it with the parser that Prometheus takes for the answer.
func scrape(t *testing.T, handler http.Handler, accept string) page {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	request.Header.Set("Accept", accept)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if got := answer.Header().Get("Content-Type"); answer.Code != http.StatusOK || !strings.HasPrefix(got, accept) {
		t.Fatalf("status %d and type %q, want 200 and %q: %s", answer.Code, got, accept, answer.Body)
	}
	parser, err := textparse.New(answer.Body.Bytes(), answer.Header().Get("Content-Type"), labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := page{types: map[string]model.MetricType{}, samples: map[string]float64{}, exemplars: map[string]exemplar.Exemplar{}}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return p
		} else if err != nil {
			t.Fatalf("parse the page: %v", err)
		}
		switch entry {
		case textparse.EntryType:
			name, typ := parser.Type()
			p.types[string(name)] = typ
		case textparse.EntrySeries:
			_, timestamp, value := parser.Series()
			var set labels.Labels
			parser.Labels(&set)
			if _, repeated := p.samples[set.String()]; repeated || timestamp != nil {
				t.Errorf("%s is repeated or has a timestamp", set)
			}
			p.samples[set.String()] = value
			var e exemplar.Exemplar
			for parser.Exemplar(&e) {
				p.exemplars[set.String()] = e
			}
		}
	}
}

func TestPrometheusParsesThePages(t *testing.T) {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.OTel, prometheus.LMCache))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama", WorkerID: "0"}, otelcache.WithMeterProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mon.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
	mon.StartLookup(ctx, 7)
	mon.RecordRemoteGetTime(ctx, 12*time.Millisecond)

	for _, accept := range []string{"text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"} {
		t.Run(accept, func(t *testing.T) {
			p := scrape(t, exporter.Handler(), accept)
			lmcache := 0
			for _, m := range instruments.All() {
				if m.LMCache.Name == "" {
					continue
				}
				lmcache++
				name, want := prometheus.LMCache.FamilyName(m), model.MetricTypeGauge
				switch m.Kind {
				case instruments.KindCounter:
					want = model.MetricTypeCounter
					if strings.HasPrefix(accept, "application/openmetrics-text") {
						name = m.LMCache.Name // OpenMetrics has the suffix on the series alone
					}
				case instruments.KindHistogram:
					want = model.MetricTypeHistogram
				}
				if got := p.types[name]; got != want {
					t.Errorf("%s is of type %q, want %q", name, got, want)
				}
			}
			if lmcache != 94 {
				t.Errorf("%d metrics of LMCache's, want 94", lmcache)
			}
			const bucket = `{__name__="lmcache:remote_time_to_get_bucket", le="20.0", model_name="llama", role="", served_model_name="", worker_id="0"}`
			for series, want := range map[string]float64{
				bucket: 1,
				`{__name__="lmcache:num_lookup_tokens_total", model_name="llama", role="", served_model_name="", worker_id="0"}`:         7,
				`{__name__="lmcache:periodic_threads_critical_total", model_name="llama", role="", served_model_name="", worker_id="0"}`: 0,
				`{__name__="lmcache:remote_time_to_get_sum", model_name="llama", role="", served_model_name="", worker_id="0"}`:          12,
			} {
				if got, ok := p.samples[series]; !ok || got != want {
					t.Errorf("%s is %v (on the page: %t), want %v", series, got, ok, want)
				}
			}
			if strings.HasPrefix(accept, "application/openmetrics-text") {
				e := p.exemplars[bucket]
				if e.Value != 12 || e.Labels.Get("trace_id") != "01000000000000000000000000000000" {
					t.Errorf("the exemplar of %s is %v, want 12 with the trace's id", bucket, e)
				}
			}
		})
	}
}
