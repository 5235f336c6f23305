// SPDX-License-Identifier: Apache-2.0

package views_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
	"github.com/lmcache-go/lmcache-otel/views"
)

// show runs one retrieve under the views and prints what its requests and
// duration were collected as.
func show(v []sdkmetric.View, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(v...))
	defer mp.Shutdown(ctx)
	mon, err := otelcache.New(otelcache.Engine{ModelName: "m", WorkerID: "0"}, otelcache.WithMeterProvider(mp))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close()
	_, retrieve := mon.StartRetrieve(ctx, 256)
	retrieve.Finish(128)
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		fmt.Println(err)
		return
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				if m.Name == instruments.RetrieveDuration.String() {
					fmt.Println(m.Name, data.DataPoints[0].Bounds)
				}
			case metricdata.ExponentialHistogram[float64]:
				if m.Name == instruments.RetrieveDuration.String() {
					fmt.Println(m.Name, "exponential")
				}
			case metricdata.Sum[int64]:
				if m.Name == instruments.RetrieveRequests.String() {
					fmt.Println(m.Name, data.DataPoints[0].Attributes.Encoded(attribute.DefaultEncoder()))
				}
			}
		}
	}
}

// LMCache's buckets, whatever the reader prefers.
func ExampleNew() {
	show(views.New(views.WithDrop("lmcache.retrieve.requests")))
	// Output: lmcache.retrieve.duration [0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10]
}

// An unknown name is refused, with the nearest known one.
func ExampleNew_unknown() {
	show(views.New(views.WithDrop("lmcache.retreive.duration")))
	// Output: views: WithDrop: there is no metric "lmcache.retreive.duration", want names of the catalog; did you mean "lmcache.retrieve.duration"?
}

func ExampleWithExponential() {
	show(views.New(views.WithExponential(), views.WithDrop("lmcache.retrieve.requests")))
	// Output: lmcache.retrieve.duration exponential
}

func ExampleWithBuckets() {
	// As in LMCache's configuration file.
	show(views.New(
		views.WithBuckets(map[string][]float64{"histogram_bucket_time_to_retrieve": {0.01, 0.1, 1}}),
		views.WithDrop("lmcache.retrieve.requests")))
	// Output: lmcache.retrieve.duration [0.01 0.1 1]
}

func ExampleWithKeep() {
	show(views.New(views.WithKeep("lmcache.retrieve.requests", "lmcache:remote_*")))
	// Output: lmcache.retrieve.requests gen_ai.request.model=m,lmcache.worker.id=0
}

func ExampleWithDrop() {
	show(views.New(views.WithDrop("lmcache.*.duration")))
	// Output: lmcache.retrieve.requests gen_ai.request.model=m,lmcache.worker.id=0
}

func ExampleWithDropAttributes() {
	show(views.New(views.WithDropAttributes(instruments.WorkerIDKey), views.WithDrop("time_to_retrieve")))
	// Output: lmcache.retrieve.requests gen_ai.request.model=m
}

func ExampleWithKeepAttributes() {
	show(views.New(views.WithKeepAttributes(instruments.WorkerIDKey), views.WithDrop("time_to_retrieve")))
	// Output: lmcache.retrieve.requests lmcache.worker.id=0
}

func ExampleForDelta() {
	v, temporality, err := views.ForDelta(views.WithDrop("lmcache.retrieve.requests"))
	fmt.Println(temporality(sdkmetric.InstrumentKindCounter))
	show(v, err)
	// Output:
	// DeltaTemporality
	// lmcache.retrieve.duration exponential
}
