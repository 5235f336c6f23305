// SPDX-License-Identifier: Apache-2.0

package manual_test

import (
	"context"
	"fmt"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/manual"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// A service's test asks what the service recorded.
func ExampleReader() {
	ctx := context.Background()
	reader := manual.NewReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	defer mp.Shutdown(ctx)
	mon, err := otelcache.New(otelcache.Engine{ModelName: "m"}, otelcache.WithMeterProvider(mp))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close()

	_, retrieve := mon.StartRetrieve(ctx, 256)
	retrieve.Finish(128)
	mon.RecordRemoteGetTime(ctx, 12*time.Millisecond)

	fmt.Println(reader.Value(ctx, instruments.RetrieveHitTokens, instruments.ModelNameKey.String("m")))
	fmt.Println(reader.Distribution(ctx, instruments.RemoteGetDuration))
	fmt.Println(reader.Value(ctx, instruments.RetrieveHitTokens, instruments.ModelNameKey.String("other")))
	fmt.Println(reader.Value(ctx, instruments.RetrieveDuration))
	_, _, err = reader.Distribution(ctx, instruments.RetrieveHitTokens)
	fmt.Println(err)
	_, err = reader.Value(ctx, instruments.RetrieveHitRate)
	fmt.Println(err)
	// Output:
	// 128 <nil>
	// 1 0.012 <nil>
	// 0 lmcache.retrieve.hit_tokens has no value with gen_ai.request.model=other
	// 0 lmcache.retrieve.duration is a metricdata.Histogram[float64], which has no one value: use Distribution
	// lmcache.retrieve.hit_tokens is a metricdata.Sum[int64], no histogram: use Value
	// lmcache.retrieve.hit_rate has no value
}
