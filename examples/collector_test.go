// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector receives OTLP over HTTP.
type collector struct {
	*httptest.Server
	mu      sync.Mutex
	spans   map[string]int   // by name: how many
	metrics map[string]int64 // by name: the last value of a sum, the count of a histogram
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{spans: map[string]int{}, metrics: map[string]int64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		var export collectortrace.ExportTraceServiceRequest
		if receive(t, w, r, &export) {
			c.addSpans(&export)
		}
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		var export collectormetrics.ExportMetricsServiceRequest
		if receive(t, w, r, &export) {
			c.addMetrics(&export)
		}
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func receive(t *testing.T, w http.ResponseWriter, r *http.Request, export proto.Message) bool {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, export)
	}
	if err != nil {
		t.Errorf("%s: %v", r.URL, err)
		w.WriteHeader(http.StatusBadRequest)
		return false
	}
	w.Header().Set("Content-Type", "application/x-protobuf") // and the empty message, which is all that there is to say
	return true
}

func (c *collector) addSpans(export *collectortrace.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range export.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				c.spans[span.Name]++
			}
		}
	}
}

func (c *collector) addMetrics(export *collectormetrics.ExportMetricsServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range export.ResourceMetrics {
		for _, s := range r.ScopeMetrics {
			for _, m := range s.Metrics {
				for _, p := range m.GetSum().GetDataPoints() {
					c.metrics[m.Name] = p.GetAsInt()
				}
				for _, p := range m.GetHistogram().GetDataPoints() {
					c.metrics[m.Name] = int64(p.Count) //nolint:gosec // a handful
				}
			}
		}
	}
}

// cacheSpans are those of the two prompts of the examples: the first is stored; of the second a part is retrieved and the rest stored.
var cacheSpans = map[string]int{"lmcache.lookup": 2, "lmcache.retrieve": 1, "to_gpu": 1, "lmcache.store": 2, "from_gpu": 2}

func TestOTLP(t *testing.T) {
	c := startCollector(t)
	start(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"}, "otlp").wait(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !maps.Equal(c.spans, cacheSpans) {
		t.Errorf("spans: got %v, want %v", c.spans, cacheSpans)
	}
	for name, want := range map[string]int64{
		"lmcache.lookup.requests": 2, "lmcache.retrieve.requests": 1, "lmcache.retrieve.hit_tokens": 4, "lmcache.store.tokens": 8,
		"lmcache.store.duration": 2,
	} {
		if got := c.metrics[name]; got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}

// Without an endpoint, nothing is sent and nothing fails.
func TestOTLPWithoutEndpoint(t *testing.T) { start(t, nil, "otlp").wait(t) }

func TestJaeger(t *testing.T) {
	c := startCollector(t)
	start(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"}, "jaeger").wait(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	want := maps.Clone(cacheSpans)
	want["prefill"] = 2
	if !maps.Equal(c.spans, want) {
		t.Errorf("spans: got %v, want %v", c.spans, want)
	}
	if len(c.metrics) > 0 {
		t.Errorf("got metrics %v, want none", c.metrics)
	}
}
