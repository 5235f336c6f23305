// SPDX-License-Identifier: Apache-2.0

// Jaeger sends the traces of a KV cache to Jaeger, which speaks OTLP, and no
// metrics.
//
//	OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 go run ./jaeger
package main

import (
	"context"
	"errors"
	"log"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return err
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("kv-cache"))))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"},
		otelcache.WithTracerProvider(tp), otelcache.WithMeterProvider(noop.NewMeterProvider()))
	if err != nil {
		return errors.Join(err, tp.Shutdown(ctx))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		// Shutdown does not return what became of the last spans; ForceFlush does.
		err = errors.Join(err, tp.ForceFlush(ctx), tp.Shutdown(ctx), mon.Close())
	}()

	cache := kvcache.New(mon)
	for _, prompt := range []string{"why is the sky blue", "why is the sky dark at night"} {
		// One trace for a request, as a service's own instrumentation would have it.
		ctx, request := tp.Tracer("example").Start(ctx, "prefill")
		cache.Prefill(ctx, prompt)
		request.End()
	}
	return nil
}
