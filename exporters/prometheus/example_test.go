// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// A service puts the exporter into its meter provider and the page on its HTTP
// server.
func Example() {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.OTel, prometheus.LMCache))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", exporter.Handler())
	server := httptest.NewServer(mux)
	defer server.Close()

	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "0"}, otelcache.WithMeterProvider(provider))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close()                             //nolint:errcheck // the process ends
	defer provider.Shutdown(context.Background()) //nolint:errcheck // the process ends
	mon.RecordRemoteGetTime(context.Background(), 12*time.Millisecond)

	answer, err := http.Get(server.URL + "/metrics")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), "{")
		if strings.HasPrefix(name, "lmcache:remote_time_to_get_sum") || strings.HasPrefix(name, "lmcache_remote_get_duration_seconds_sum") {
			_, value, _ := strings.Cut(lines.Text(), "} ")
			fmt.Println(name, value)
		}
	}
	// Output:
	// lmcache:remote_time_to_get_sum 12
	// lmcache_remote_get_duration_seconds_sum 0.012
}

// The exporter learns of the views that the meter provider has, so that the
// first scrape shows their buckets.
func ExampleWithViews() {
	buckets := sdkmetric.NewView(
		sdkmetric.Instrument{Name: instruments.RetrieveDuration.String()},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.1, 1}}},
	)
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache), prometheus.WithViews(buckets))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(buckets))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"}, otelcache.WithMeterProvider(provider))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close() //nolint:errcheck // the process ends

	families, err := exporter.Gatherer().Gather()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, family := range families {
		if family.GetName() == prometheus.LMCache.FamilyName(instruments.RetrieveDuration.Metric()) {
			for _, bucket := range family.GetMetric()[0].GetHistogram().GetBucket() {
				fmt.Println(bucket.GetUpperBound(), bucket.GetCumulativeCount())
			}
		}
	}
	// Output:
	// 0.1 0
	// 1 0
	// +Inf 0
}

// Of engines that come and go, a page of bound instruments has those that are
// there.
func ExampleWithBound() {
	b := bound.New()
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache), prometheus.WithBound(b))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := b.MeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)))
	for _, worker := range []string{"0", "1"} {
		mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b", WorkerID: worker}, otelcache.WithMeterProvider(provider))
		if err != nil {
			fmt.Println(err)
			return
		}
		mon.RecordRemoteGetTime(context.Background(), 12*time.Millisecond)
		families, err := exporter.Gatherer().Gather()
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, family := range families {
			if family.GetName() == prometheus.LMCache.FamilyName(instruments.RemoteGetDuration.Metric()) {
				for _, m := range family.GetMetric() {
					fmt.Println(m.GetLabel()[3].GetValue(), m.GetHistogram().GetSampleCount())
				}
			}
		}
		if err := mon.Close(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 0 1
	// 1 1
}
