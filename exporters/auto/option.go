// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"errors"
	"slices"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Option configures [New].
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	readers     []sdkmetric.Reader
	views       []sdkmetric.View
	serviceName string
}

func newConfig(opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	for _, r := range c.readers {
		if r == nil {
			return c, errors.New("WithReader: the reader is nil")
		}
	}
	for _, v := range c.views {
		if v == nil {
			return c, errors.New("WithViews: a view is nil")
		}
	}
	return c, nil
}

// WithReader adds a reader of the host's own, such as the one of exporters/prometheus, to those that the environment or the file asks for.
// The pipeline shuts it down. Readers given in several options add up.
func WithReader(r sdkmetric.Reader) Option {
	return optionFunc(func(c config) config {
		c.readers = append(slices.Clip(c.readers), r)
		return c
	})
}

// WithViews adds views, such as those of package views, to the meter provider. Every view that matches an instrument makes a stream of its own.
// The Prometheus exporter wants to be told of them too. Views given in several options add up.
func WithViews(views ...sdkmetric.View) Option {
	return optionFunc(func(c config) config {
		c.views = slices.Concat(c.views, views)
		return c
	})
}

// WithServiceName names the service when the environment does not, by OTEL_SERVICE_NAME or by service.name in OTEL_RESOURCE_ATTRIBUTES.
// Without either it is "unknown_service:" and the name of the program. It does not count with OTEL_CONFIG_FILE.
func WithServiceName(name string) Option {
	return optionFunc(func(c config) config {
		c.serviceName = name
		return c
	})
}
