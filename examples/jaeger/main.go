// SPDX-License-Identifier: Apache-2.0

// Jaeger sends the traces of a KV cache to Jaeger, which speaks OTLP, and no metrics. Jaeger on this machine is found without any
// setting; OTEL_EXPORTER_OTLP_ENDPOINT names another.
//
//	go run ./jaeger
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/exporters/otlp"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	processor, err := otlp.NewSpanProcessor(ctx)
	if err != nil {
		return err
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor),
		sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName("kv-cache"))))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"},
		otelcache.WithTracerProvider(tp), otelcache.WithMeterProvider(noop.NewMeterProvider()))
	if err != nil {
		return errors.Join(err, tp.Shutdown(ctx))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err = errors.Join(err, tp.Shutdown(ctx), mon.Close())
		if n := processor.Dropped(); n > 0 {
			err = errors.Join(err, fmt.Errorf("%d spans did not reach Jaeger", n))
		}
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
