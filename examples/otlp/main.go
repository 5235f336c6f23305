// SPDX-License-Identifier: Apache-2.0

// Otlp sends the traces and metrics of a KV cache to an OpenTelemetry Collector,
// with OpenTelemetry's own exporters. They read OTEL_EXPORTER_OTLP_*, where their
// options say nothing else. Packages otlptracegrpc and otlpmetricgrpc send over
// gRPC; package exporters/auto makes either, as OTEL_EXPORTER_OTLP_PROTOCOL says.
//
//	OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 go run ./otlp
package main

import (
	"context"
	"errors"
	"log"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) (err error) {
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return err
	}
	metrics, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return err
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"},
		otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp))
	if err != nil {
		return errors.Join(err, tp.Shutdown(ctx), mp.Shutdown(ctx))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		// The monitor last: a closed monitor has nothing to report.
		err = errors.Join(err, tp.Shutdown(ctx), mp.Shutdown(ctx), mon.Close())
	}()

	cache := kvcache.New(mon)
	for _, prompt := range []string{"why is the sky blue", "why is the sky dark at night"} {
		cache.Prefill(ctx, prompt)
	}
	return nil
}
