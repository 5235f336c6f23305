// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/otlp"
)

// A host with providers of its own sends both signals to a collector.
func Example() {
	ctx := context.Background()
	collector := []otlp.Option{otlp.WithProtocol(otlp.GRPC), otlp.WithEndpoint("http://localhost:4317"), otlp.WithGzip()}
	reader, err := otlp.NewReader(ctx, collector...)
	if err != nil {
		fmt.Println(err)
		return
	}
	processor, err := otlp.NewSpanProcessor(ctx, collector...)
	if err != nil {
		fmt.Println(err)
		return
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor))
	if err := errors.Join(tp.Shutdown(ctx), mp.Shutdown(ctx)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(processor.Dropped(), "spans lost")
}

func ExampleWithEndpoint() {
	_, err := otlp.NewReader(context.Background(), otlp.WithEndpoint("localhost:4318"))
	fmt.Println(err)
	// Output: otlp exporter: WithEndpoint: malformed endpoint "localhost:4318"; allowed: http://host:port or https://host:port
}
