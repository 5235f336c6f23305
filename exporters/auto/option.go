// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"errors"
	"slices"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
)

// Option configures [New].
type Option interface {
	apply(*config)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	readers     []sdkmetric.Reader
	views       []sdkmetric.View
	bound       *bound.Producer
	serviceName string
	errs        []error
}

func newConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	return c
}

// WithReader adds a reader of the host's own, such as the exporter of package
// exporters/prometheus, to those that the environment or the file asks for.
// The pipeline shuts it down. Readers of several options add up.
func WithReader(r sdkmetric.Reader) Option {
	return optionFunc(func(c *config) {
		if r == nil {
			c.errs = append(c.errs, errors.New("WithReader: reader is nil, want a reader"))
			return
		}
		c.readers = append(c.readers, r)
	})
}

// WithViews adds views, such as those of package views, to the meter provider.
// Every view that matches an instrument makes a stream of its own. The exporter
// of package exporters/prometheus needs the same views. Views of several
// options add up.
func WithViews(views ...sdkmetric.View) Option {
	views = slices.Clone(views)
	return optionFunc(func(c *config) {
		for _, v := range views {
			if v == nil {
				c.errs = append(c.errs, errors.New("WithViews: a view is nil, want a view"))
				continue
			}
			c.views = append(c.views, v)
		}
	})
}

// WithBound keeps the metrics of this module in bound instruments: the readers of
// OTEL_METRICS_EXPORTER get the producer, and [Pipeline.MeterProvider] is its meter
// provider. The host gives it the views that it gives to [WithViews], and the
// producer to its own readers ([WithReader]), which otherwise lack those metrics.
// Those readers must not ask for deltas:
//
//	b := bound.New(bound.WithViews(views...))
//	page, err := prometheus.New(prometheus.WithBound(b), prometheus.WithViews(views...))
//	…
//	pipeline, err := auto.New(ctx, auto.WithBound(b), auto.WithReader(page), auto.WithViews(views...))
//
// Not every reader can have a producer, or cumulative metrics in explicit buckets.
// The error of [New] then says so, and all metrics are in the SDK's instruments:
// with OTEL_CONFIG_FILE, with exporters other than otlp and console, with
// OTEL_METRICS_PRODUCERS other than none, and when an OTEL_EXPORTER_OTLP_METRICS_*
// variable asks for deltas or exponential buckets. The last WithBound wins.
func WithBound(b *bound.Producer) Option {
	return optionFunc(func(c *config) {
		if b == nil {
			c.errs = append(c.errs, errors.New("WithBound: producer is nil, want a producer"))
			return
		}
		c.bound = b
	})
}

// WithServiceName names the service where the environment does not, by
// OTEL_SERVICE_NAME or by service.name in OTEL_RESOURCE_ATTRIBUTES. Without
// either it is "unknown_service:" and the name of the program. A configuration
// file names the service itself.
func WithServiceName(name string) Option {
	return optionFunc(func(c *config) { c.serviceName = name })
}
