// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Producer keeps the metrics of the scope [instruments.ScopeName] and hands them
// to readers. It is made by [New], and its methods may be called from several
// goroutines at once.
type Producer struct {
	sdk    *sdkmetric.MeterProvider
	reader *sdkmetric.ManualReader
}

var _ sdkmetric.Producer = (*Producer)(nil)

// New returns a producer without metrics. Give it to readers with
// [sdkmetric.WithProducer], and its [Producer.MeterProvider] to package otelcache.
// It has no goroutine and needs no shutdown.
func New(opts ...Option) *Producer {
	c := newConfig(opts)
	reader := sdkmetric.NewManualReader()
	return &Producer{reader: reader, sdk: sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(reader), sdkmetric.WithView(c.views...), sdkmetric.WithExemplarFilter(c.exemplarFilter),
		sdkmetric.WithCardinalityLimit(0))}
}

// MeterProvider returns a meter provider whose meters of the scope
// [instruments.ScopeName] record to p; those of other scopes are the host's. A nil
// host is one that records nothing.
func (p *Producer) MeterProvider(host metric.MeterProvider) metric.MeterProvider {
	return meterProvider{host, p}
}

// Produce returns the metrics of the scope, cumulative, in memory that is the
// caller's. Readers call it. It reads all histograms first and calls the
// registered callbacks then, so that what a callback counts at its start is never
// less than what a histogram has of it.
//
// A callback that panics or returns an error loses its own remaining
// observations. The other metrics come with the error, which joins those of all
// callbacks. A context that has ended is an error without metrics.
//
// Calls do not wait for one another: a callback that blocks holds up the
// collection that called it, and neither measurements nor other collections.
func (p *Producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	var rm metricdata.ResourceMetrics
	err := p.reader.Collect(ctx, &rm)
	return rm.ScopeMetrics, err
}

type meterProvider struct {
	metric.MeterProvider // the host's

	producer *Producer
}

func (mp meterProvider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	if name != instruments.ScopeName {
		return mp.MeterProvider.Meter(name, opts...)
	}
	return mp.producer.sdk.Meter(name, opts...)
}
