// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"context"
	"fmt"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
	"github.com/lmcache-go/lmcache-otel/views"
)

// The producer stands between the monitor and the host's provider, and every
// reader of the provider gets the metrics of both.
func Example() {
	ctx := context.Background()
	v, err := views.New(views.WithBuckets(map[string][]float64{instruments.RemoteGetDuration.String(): {0.01, 0.1}}))
	if err != nil {
		fmt.Println(err)
		return
	}
	b := bound.New(bound.WithViews(v...))
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(b))
	host := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(v...))
	defer host.Shutdown(ctx)

	mon, err := otelcache.New(otelcache.Engine{ModelName: "m"}, otelcache.WithMeterProvider(b.MeterProvider(host)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close()
	mon.RecordRemoteGetTime(ctx, 20*time.Millisecond)

	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
			fmt.Println(m.Name, h.DataPoints[0].Bounds, h.DataPoints[0].BucketCounts)
		}
	}
	// Output: lmcache.remote.get.duration [0.01 0.1] [0 1 0]
}
