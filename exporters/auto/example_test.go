// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// Traces go where the environment says; Prometheus scrapes LMCache's names from the host's own HTTP server.
func Example() {
	os.Setenv("OTEL_METRICS_EXPORTER", "none") //nolint:errcheck // the deployment does this
	defer os.Unsetenv("OTEL_METRICS_EXPORTER") //nolint:errcheck // as above
	ctx := context.Background()
	page, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		fmt.Println(err)
		return
	}
	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-router"), auto.WithReader(page))
	if err != nil {
		fmt.Println(err)
		return
	}
	monitor, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()), otelcache.WithTracerProvider(pipeline.TracerProvider()))
	if err != nil {
		fmt.Println(errors.Join(err, pipeline.Shutdown(ctx)))
		return
	}
	_, retrieve := monitor.StartRetrieve(ctx, 256)
	retrieve.Finish(128)

	scrape := httptest.NewRecorder()
	page.Handler().ServeHTTP(scrape, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(scrape.Body.String()) {
		if strings.HasPrefix(line, "lmcache:num_hit_tokens_total{") {
			fmt.Print(line[strings.LastIndex(line, " ")+1:])
		}
	}
	fmt.Println(errors.Join(pipeline.Shutdown(ctx), monitor.Close()))
	// Output:
	// 128
	// <nil>
}
