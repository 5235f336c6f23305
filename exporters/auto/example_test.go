// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/manual"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func ExampleNew() {
	ctx := context.Background()
	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-router"))
	if err != nil {
		fmt.Println(err) // what could be made works
	}
	monitor, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()), otelcache.WithTracerProvider(pipeline.TracerProvider()))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, lookup := monitor.StartLookup(ctx, 256)
	lookup.Finish(128)
	// The pipeline first: a closed monitor has nothing left to send.
	fmt.Println(errors.Join(pipeline.Shutdown(ctx), monitor.Close()))
	// Output: <nil>
}

// A reader of the host's own gets the producer, too.
func ExampleWithBound() {
	ctx := context.Background()
	b := bound.New()
	reader := manual.NewReader(sdkmetric.WithProducer(b))
	pipeline, err := auto.New(ctx, auto.WithBound(b), auto.WithReader(reader))
	if err != nil {
		fmt.Println(err) // what could be made works
	}
	monitor, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, lookup := monitor.StartLookup(ctx, 256)
	lookup.Finish(128)
	fmt.Println(reader.Value(ctx, instruments.LookupHitTokens))
	fmt.Println(errors.Join(pipeline.Shutdown(ctx), monitor.Close()))
	// Output:
	// 128 <nil>
	// <nil>
}
