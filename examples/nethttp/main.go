// SPDX-License-Identifier: Apache-2.0

// Nethttp links the telemetry of a KV cache into an HTTP service that already has OpenTelemetry: one line makes the monitor, which finds the
// service's providers, and the cache's spans become children of the request's span of otelhttp.
//
//	go run ./nethttp -listen localhost:8080
//	curl -d 'why is the sky blue' localhost:8080/prefill
//
// Spans and metrics are printed to standard output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func main() {
	listen := flag.String("listen", "localhost:0", "address to serve on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen string) (err error) {
	shutdown, err := startTelemetry() // which the service has had all along
	if err != nil {
		return err
	}

	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"})
	if err != nil {
		return errors.Join(err, shutdown())
	}
	// The last export comes first: a closed monitor has nothing to report to it.
	defer func() { err = errors.Join(err, shutdown(), mon.Close()) }()

	cache := kvcache.New(mon)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /prefill", func(w http.ResponseWriter, r *http.Request) {
		prompt, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		cached, tokens := cache.Prefill(r.Context(), string(prompt)) // the context carries otelhttp's span
		fmt.Fprintf(w, "%d of %d tokens cached\n", cached, tokens)
	})
	return serve(ctx, listen, otelhttp.NewHandler(mux, "kv-router"))
}

// serve serves until ctx ends, and lets the requests finish.
func serve(ctx context.Context, listen string, handler http.Handler) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	log.Printf("listening on %s", l.Addr())
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	drained := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		drained <- server.Shutdown(ctx)
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-drained
}

func startTelemetry() (shutdown func() error, err error) {
	spans, err := stdouttrace.New()
	if err != nil {
		return nil, err
	}
	metrics, err := stdoutmetric.New()
	if err != nil {
		return nil, err
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	otel.SetTracerProvider(tp)
	otel.SetMeterProvider(mp)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return errors.Join(tp.Shutdown(ctx), mp.Shutdown(ctx))
	}, nil
}
