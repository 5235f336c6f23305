// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// BenchmarkScrape is one scrape of engines whose metrics all have values: by
// OpenTelemetry's own exporter alone, which is the yardstick, and by this one
// in each vocabulary.
func BenchmarkScrape(b *testing.B) {
	for _, engines := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("engines=%d/opentelemetry", engines), func(b *testing.B) {
			registry := client.NewRegistry()
			reader, err := otelprom.New(otelprom.WithRegisterer(registry))
			if err != nil {
				b.Fatal(err)
			}
			benchmarkScrape(b, reader, promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}), engines)
		})
		for name, v := range vocabularies {
			b.Run(fmt.Sprintf("engines=%d/%s", engines, name), func(b *testing.B) {
				exporter, err := prometheus.New(prometheus.WithVocabulary(v...))
				if err != nil {
					b.Fatal(err)
				}
				benchmarkScrape(b, exporter, exporter.Handler(), engines)
			})
		}
	}
}

func benchmarkScrape(b *testing.B, reader sdkmetric.Reader, handler http.Handler, engines int) {
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	var feeding sync.WaitGroup
	for i := range engines {
		mon := newMonitor(b, provider, otelcache.Engine{ModelName: "llama", WorkerID: strconv.Itoa(i), Role: "worker"}, feedOptions...)
		feeding.Go(func() { feed(context.Background(), b, mon) })
	}
	feeding.Wait()
	request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		answer := discard{header: http.Header{}}
		handler.ServeHTTP(&answer, request)
		if answer.status >= http.StatusBadRequest {
			b.Fatalf("status %d", answer.status)
		}
		b.ReportMetric(float64(answer.written), "page-bytes")
	}
}

// discard is a response writer that keeps nothing of the page.
type discard struct {
	header  http.Header
	status  int
	written int
}

var _ io.Writer = (*discard)(nil)

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	d.written += len(p)
	return len(p), nil
}
