// SPDX-License-Identifier: Apache-2.0

// Grpc links the telemetry of a KV cache into a gRPC service that uses otelgrpc: the monitor is given the service's providers, and the
// cache's spans become children of the span of the call. With -prefill it is a client that calls such a service.
//
//	OTEL_TRACES_EXPORTER=console go run ./grpc -listen localhost:9090
//	go run ./grpc -prefill 'why is the sky blue' localhost:9090
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/lmcache-go/lmcache-otel/examples/internal/kvcache"
	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func main() {
	listen := flag.String("listen", "localhost:0", "address to serve on")
	prompt := flag.String("prefill", "", "prompt to send to the service at the address that is the argument")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *prompt, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, listen, prompt, target string) (err error) {
	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-cache"))
	if err != nil {
		log.Print(err) // what could be made works
	}
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: "0", Role: "worker"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()), otelcache.WithTracerProvider(pipeline.TracerProvider()))
	if err != nil {
		return errors.Join(err, pipeline.Shutdown(ctx))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = errors.Join(err, pipeline.Shutdown(ctx), mon.Close()) // in this order: a closed monitor has nothing to report
	}()

	telemetry := []otelgrpc.Option{
		otelgrpc.WithTracerProvider(pipeline.TracerProvider()),
		otelgrpc.WithMeterProvider(pipeline.MeterProvider()),
		otelgrpc.WithPropagators(pipeline.Propagator()),
	}
	if prompt != "" {
		return call(ctx, target, prompt, grpc.WithStatsHandler(otelgrpc.NewClientHandler(telemetry...)))
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(telemetry...)))
	server.RegisterService(&cacheService, service{kvcache.New(mon)})
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	log.Printf("listening on %s", l.Addr())
	context.AfterFunc(ctx, server.GracefulStop)
	return server.Serve(l)
}

type service struct{ cache *kvcache.Cache }

func (s service) Prefill(ctx context.Context, prompt *wrapperspb.StringValue) (*wrapperspb.Int64Value, error) {
	cached, _ := s.cache.Prefill(ctx, prompt.GetValue()) // the context carries otelgrpc's span
	return wrapperspb.Int64(int64(cached)), nil
}

func call(ctx context.Context, target, prompt string, telemetry grpc.DialOption) (err error) {
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), telemetry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	cached := new(wrapperspb.Int64Value)
	if err := conn.Invoke(ctx, "/kv.Cache/Prefill", wrapperspb.String(prompt), cached); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d tokens cached\n", cached.GetValue())
	return nil
}
