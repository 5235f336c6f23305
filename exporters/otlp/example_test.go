// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/otlp"
)

// A host with providers of its own sends both signals to a collector.
func Example() {
	ctx := context.Background()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fmt.Println(r.Method, r.URL.Path) }))
	defer collector.Close()

	opts := []otlp.Option{otlp.WithProtocol(otlp.HTTP), otlp.WithEndpoint(collector.URL), otlp.WithGzip()}
	reader, err := otlp.NewReader(ctx, opts...)
	if err != nil {
		fmt.Println(err)
		return
	}
	processor, err := otlp.NewSpanProcessor(ctx, opts...)
	if err != nil {
		fmt.Println(err)
		return
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor))
	_, span := tp.Tracer("host").Start(ctx, "request")
	span.End()
	if err := errors.Join(tp.Shutdown(ctx), mp.Shutdown(ctx)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(processor.Dropped(), "spans lost")
	// Output:
	// POST /v1/traces
	// POST /v1/metrics
	// 0 spans lost
}

func ExampleWithEndpoint() {
	_, err := otlp.NewReader(context.Background(), otlp.WithEndpoint("localhost:4318"))
	fmt.Println(err)
	// Output: otlp exporter: WithEndpoint: malformed endpoint "localhost:4318"; allowed: http://host:port or https://host:port
}
