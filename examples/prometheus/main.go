// SPDX-License-Identifier: Apache-2.0

// Prometheus serves the metrics of a KV cache to Prometheus and nothing else, under LMCache's own names. What is needed are the ten
// lines of newMonitor.
//
//	go run ./prometheus -listen localhost:9464
//	curl localhost:9464/metrics
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func newMonitor() (*otelcache.Monitor, http.Handler, error) {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		return nil, nil, err
	}
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"},
		otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))),
		otelcache.WithTracerProvider(noop.NewTracerProvider()))
	return mon, exporter.Handler(), err
}

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
	mon, metrics, err := newMonitor()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mon.Close()) }() // nothing to flush: Prometheus asks when it wants to know

	cache := kvcache.New(mon)
	for _, prompt := range []string{"why is the sky blue", "why is the sky dark at night"} {
		cache.Prefill(ctx, prompt)
	}

	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	log.Printf("listening on %s", l.Addr())
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	server := &http.Server{
		Handler:           mux,
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
