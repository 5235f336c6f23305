// SPDX-License-Identifier: Apache-2.0

package exampletest

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

// Collector receives OTLP over HTTP.
type Collector struct {
	server  *httptest.Server
	mu      sync.Mutex
	spans   map[string]int   // by name: how many
	metrics map[string]int64 // by name: the last value of a sum, the count of a histogram
}

// StartCollector starts a collector, which stops at the end of the test.
func StartCollector(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{spans: map[string]int{}, metrics: map[string]int64{}}
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
	c.server = httptest.NewServer(mux)
	t.Cleanup(c.server.Close)
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

func (c *Collector) addSpans(export *collectortrace.ExportTraceServiceRequest) {
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

func (c *Collector) addMetrics(export *collectormetrics.ExportMetricsServiceRequest) {
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

// Env returns the settings by which an example finds the collector.
func (c *Collector) Env() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.server.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"}
}

// Spans returns how many spans came in, by name.
func (c *Collector) Spans() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.spans)
}

// Metrics returns, by name, the last value of a sum and the last count of a histogram.
func (c *Collector) Metrics() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.metrics)
}
