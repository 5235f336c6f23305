// SPDX-License-Identifier: Apache-2.0

// Otlp sends the traces and metrics of a KV cache to an OpenTelemetry Collector. Where it sends, how, and under which name is in
// OpenTelemetry's environment variables; without an endpoint nothing is sent.
//
//	OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317 OTEL_EXPORTER_OTLP_PROTOCOL=grpc go run ./otlp
package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-cache"))
	if err != nil {
		return err
	}
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()), otelcache.WithTracerProvider(pipeline.TracerProvider()))
	if err != nil {
		return errors.Join(err, pipeline.Shutdown(ctx))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err = errors.Join(err, pipeline.Shutdown(ctx), mon.Close()) // in this order: a closed monitor has nothing to report
	}()

	cache := kvcache.New(mon)
	for _, prompt := range []string{"why is the sky blue", "why is the sky dark at night"} {
		cache.Prefill(ctx, prompt)
	}
	return nil
}
