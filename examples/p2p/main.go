// SPDX-License-Identifier: Apache-2.0

// P2p is two processes whose spans are one trace: the one retrieves tokens that the other holds, over TCP. The trace travels as a frame of
// their protocol, made and read by package propagation.
//
//	export OTEL_TRACES_EXPORTER=console
//	go run ./p2p serve localhost:7000
//	go run ./p2p retrieve localhost:7000
//
// The trace is that of the retrieving process:
//
//	lmcache.retrieve
//	├── lmcache.p2p_transfer (client)
//	│   └── lmcache.p2p_transfer (server, in the other process)
//	└── to_gpu
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const (
	bytesPerToken = 1024
	timeout       = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) != 2 || args[0] != "serve" && args[0] != "retrieve" {
		return fmt.Errorf("arguments are %q; want serve ADDRESS, retrieve ADDRESS", args)
	}
	command, address := args[0], args[1]
	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-"+command))
	if err != nil {
		log.Print(err) // what could be made works
	}
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-8b", WorkerID: command, Role: "worker"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()), otelcache.WithTracerProvider(pipeline.TracerProvider()))
	if err != nil {
		return errors.Join(err, pipeline.Shutdown(ctx))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		err = errors.Join(err, pipeline.Shutdown(ctx), mon.Close()) // in this order: a closed monitor has nothing to report
	}()
	if command == "serve" {
		return serve(ctx, mon, address)
	}
	return retrieve(ctx, mon, address, 256)
}
