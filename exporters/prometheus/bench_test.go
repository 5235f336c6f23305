// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// BenchmarkScrape is one scrape of engines whose metrics all have values: by
// OpenTelemetry's own exporter alone, which is the yardstick, and by this one in
// each vocabulary, with the SDK's instruments and with bound ones. They take turns within one run, so that a noisy machine is
// noisy for all of them, and the median scrape of each counts. The collector runs
// between scrapes, so that none pays for what another one left:
//
//	<way>-ns/op      the time of a scrape
//	<way>-allocs/op  its allocations
//	<way>-B/page     the size of the page
func BenchmarkScrape(b *testing.B) {
	for _, engines := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("engines=%d", engines), func(b *testing.B) {
			handlers := map[string]http.Handler{"opentelemetry": yardstick(b, engines)}
			for vocabulary, v := range vocabularies {
				for instruments, newBridge := range bridges {
					bridge := newBridge(b, v)
					feedEngines(b, bridge.meters(), engines)
					handlers[vocabulary+"-"+instruments] = bridge.exporter.Handler()
				}
			}
			request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
			scrape := func(name string) (size int) {
				answer := discard{header: http.Header{}}
				handlers[name].ServeHTTP(&answer, request)
				if answer.status >= http.StatusBadRequest {
					b.Fatalf("%s: status %d", name, answer.status)
				}
				return answer.written
			}
			times := map[string][]time.Duration{}
			for b.Loop() {
				for name := range handlers {
					runtime.GC()
					start := time.Now()
					scrape(name)
					times[name] = append(times[name], time.Since(start))
				}
			}
			for name, t := range times {
				slices.Sort(t)
				b.ReportMetric(float64(t[len(t)/2]), name+"-ns/op")
				b.ReportMetric(testing.AllocsPerRun(1, func() { scrape(name) }), name+"-allocs/op")
				b.ReportMetric(float64(scrape(name)), name+"-B/page")
			}
			b.ReportMetric(0, "ns/op") // that of all together says nothing
		})
	}
}

// yardstick serves the engines with OpenTelemetry's own exporter.
func yardstick(b *testing.B, engines int) http.Handler {
	b.Helper()
	registry := client.NewRegistry()
	reader, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		b.Fatal(err)
	}
	feedEngines(b, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), engines)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

func feedEngines(b *testing.B, mp metric.MeterProvider, engines int) {
	b.Helper()
	var feeding sync.WaitGroup
	for i := range engines {
		mon := newMonitor(b, mp, otelcache.Engine{ModelName: "llama", WorkerID: strconv.Itoa(i), Role: "worker"}, feedOptions...)
		feeding.Go(func() { feed(context.Background(), b, mon) })
	}
	feeding.Wait()
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
