// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const defaultHitRateInterval = 10 * time.Second

type config struct {
	meterProvider   metric.MeterProvider
	tracerProvider  trace.TracerProvider
	logger          *slog.Logger
	slowTime        time.Duration
	slowSpeed       float64
	hitRateInterval time.Duration
	errs            []error
}

func newConfig(opts []Option) (config, error) {
	c := config{
		meterProvider:   otel.GetMeterProvider(),
		tracerProvider:  otel.GetTracerProvider(),
		logger:          slog.Default(),
		hitRateInterval: defaultHitRateInterval,
	}
	for _, o := range opts {
		if o == nil {
			c.errs = append(c.errs, invalid("a nil Option"))
			continue
		}
		c = o.apply(c)
	}
	return c, errors.Join(c.errs...)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidOption, fmt.Sprintf(format, args...))
}

// Option configures a [Monitor]. A later option replaces an earlier one of the same name. Nil values and values out of range are errors
// of the constructor.
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// isNil also knows the nil pointer in an interface, which a provider that failed to start is.
func isNil(provider any) bool {
	v := reflect.ValueOf(provider)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

func (c config) reject(format string, args ...any) config {
	c.errs = append(c.errs, invalid(format, args...))
	return c
}

// WithMeterProvider sets where metrics go. Without it, the global provider is used; a provider installed later with
// [otel.SetMeterProvider] takes over.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config {
		if isNil(mp) {
			return c.reject("WithMeterProvider(nil): want a provider; leave the option out for the global one")
		}
		c.meterProvider = mp
		return c
	})
}

// WithTracerProvider sets where spans go. Without it, the global provider is used; a provider installed later with
// [otel.SetTracerProvider] takes over. A provider of package go.opentelemetry.io/otel/trace/noop turns tracing off at the least cost.
func WithTracerProvider(tp trace.TracerProvider) Option {
	return optionFunc(func(c config) config {
		if isNil(tp) {
			return c.reject("WithTracerProvider(nil): want a provider; leave the option out for the global one")
		}
		c.tracerProvider = tp
		return c
	})
}

// WithLogger sets where slow retrieves and the records of a [StatsLogger] are logged. Without it, [slog.Default] at the time of the
// constructor.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c config) config {
		if l == nil {
			return c.reject("WithLogger(nil): want a logger; slog.New(slog.DiscardHandler) logs nothing")
		}
		c.logger = l
		return c
	})
}

// WithSlowRetrieve sets the duration above which a finished retrieve counts as slow and is warned of. Without it, none is; d must
// be positive.
func WithSlowRetrieve(d time.Duration) Option {
	return optionFunc(func(c config) config {
		if d <= 0 {
			return c.reject("WithSlowRetrieve(%v): want a positive duration; leave the option out for no threshold", d)
		}
		c.slowTime = d
		return c
	})
}

// WithSlowRetrieveSpeed sets the tokens per second below which a finished retrieve counts as slow and is warned of. Without
// it, none is; the threshold must be positive and finite. A retrieve without a hit has no speed and is not slow by it.
func WithSlowRetrieveSpeed(tokensPerSecond float64) Option {
	return optionFunc(func(c config) config {
		if !(tokensPerSecond > 0) || math.IsInf(tokensPerSecond, 1) {
			return c.reject("WithSlowRetrieveSpeed(%v): want a positive, finite number of tokens per second; leave the option out for no threshold", tokensPerSecond)
		}
		c.slowSpeed = tokensPerSecond
		return c
	})
}

// WithHitRateInterval sets the length of the intervals that the hit-rate gauges report on. Without it, 10 s; d must be positive.
func WithHitRateInterval(d time.Duration) Option {
	return optionFunc(func(c config) config {
		if d <= 0 {
			return c.reject("WithHitRateInterval(%v): want a positive duration", d)
		}
		c.hitRateInterval = d
		return c
	})
}
