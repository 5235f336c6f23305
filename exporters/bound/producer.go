// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Producer keeps the metrics of the scope [instruments.ScopeName] and hands them
// to readers. It is made by [New], and its methods may be called from several
// goroutines at once.
type Producer struct {
	config

	// sdk has no reader: its meters keep nothing, and refuse what the SDK refuses.
	sdk *sdkmetric.MeterProvider

	mu            sync.Mutex
	scopes        map[instrumentation.Scope]*scope
	streams       []stream        // oldest first; readers get a slice whose elements never change
	registrations []*registration // in order; readers get a slice that never changes

	collections atomic.Int64
	previous    atomic.Pointer[observedSets]  // of the last collection
	recent      atomic.Pointer[attribute.Set] // the last that was bound
}

var _ sdkmetric.Producer = (*Producer)(nil)

// New returns a producer without metrics. Give it to readers with
// [sdkmetric.WithProducer], and its [Producer.MeterProvider] to package otelcache.
// It has no goroutine and needs no shutdown.
func New(opts ...Option) *Producer {
	p := &Producer{
		config: newConfig(opts),
		sdk:    sdkmetric.NewMeterProvider(),
		scopes: map[instrumentation.Scope]*scope{},
	}
	p.previous.Store(&observedSets{began: time.Now()})
	return p
}

// MeterProvider returns a meter provider whose meters of the scope
// [instruments.ScopeName] keep histograms of float64 and observable instruments in
// p. Their other instruments, which this module has none of, are the host's, as
// are the meters of other scopes. A nil host is one that records nothing.
//
// The histograms have the methods Bind and Finish of the interfaces
// Float64HistogramBinder and Finisher in go.opentelemetry.io/otel/metric/x.
// Finish ends a series at once, without a last collection, and what is recorded
// later through an instrument that Bind returned before is lost. A series begins
// when it is bound, or recorded to for the first time, and has a point once it
// has a measurement.
//
// Calls with the same host return equal providers, whose instruments are the same.
func (p *Producer) MeterProvider(host metric.MeterProvider) metric.MeterProvider {
	if v := reflect.ValueOf(host); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		host = noop.NewMeterProvider()
	}
	return meterProvider{host, p}
}

// Produce returns the metrics of the scope, cumulative, in memory that is the
// caller's. Readers call it. It reads all histograms before it calls the
// callbacks, so that a histogram never has an operation that a counter of started
// ones lacks; a series that ends meanwhile is left out. The count of a histogram
// is the sum of its buckets; its sum may lack measurements that are made
// meanwhile, or have more of them.
//
// A callback that panics or returns an error loses its own remaining
// observations. All other metrics come with the error, which joins those of the
// callbacks; the SDK's periodic reader, however, exports nothing of a collection
// with an error. A context that has ended is an error without metrics.
//
// Calls do not wait for one another: a callback that blocks holds up the
// collection that called it, and neither measurements nor other collections. A
// callback cannot know which of several readers collects.
func (p *Producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	registrations, streams := p.registrations, p.streams
	p.mu.Unlock()

	c := p.newCollection(streams)
	var errs []error
	for _, r := range registrations {
		errs = append(errs, r.observe(ctx, c))
	}
	c.end()

	var all []metricdata.ScopeMetrics
	for i, s := range streams {
		data := c.readings[i].data()
		if data == nil {
			continue
		}
		d := s.describe()
		at := slices.IndexFunc(all, func(m metricdata.ScopeMetrics) bool { return m.Scope == d.scope.Scope })
		if at < 0 {
			at = len(all)
			all = append(all, metricdata.ScopeMetrics{Scope: d.scope.Scope})
		}
		all[at].Metrics = append(all[at].Metrics,
			metricdata.Metrics{Name: d.Name, Description: d.Description, Unit: d.Unit, Data: data})
	}
	return all, errors.Join(errs...)
}

// meterProvider is comparable, as package otelcache identifies providers by
// comparing them.
type meterProvider struct {
	metric.MeterProvider // the host's

	producer *Producer
}

func (mp meterProvider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	m := mp.MeterProvider.Meter(name, opts...)
	if name != instruments.ScopeName {
		return m
	}
	return &meter{m, mp.producer.scope(name, opts)}
}
