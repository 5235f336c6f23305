// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// A program without an HTTP server starts one, on any free port here; without
// WithAddress it is 127.0.0.1:9464.
func Example() {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"}, otelcache.WithMeterProvider(provider))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close() //nolint:errcheck // the process ends

	s, err := server.Start(exporter, server.WithAddress("127.0.0.1:0"), server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := http.Get("http://" + s.Addr().String() + "/metrics")
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		fmt.Println(err)
	}
	answer.Body.Close() //nolint:errcheck // it was only read
	http.DefaultClient.CloseIdleConnections()
	fmt.Println(answer.Status, strings.Count(string(page), "# TYPE lmcache:"))

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	fmt.Println(s.Shutdown(ctx))
	// Output:
	// 200 OK 94
	// <nil>
}
