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
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

const defaultHitRateInterval = 10 * time.Second

type config struct {
	meterProvider   metric.MeterProvider
	tracerProvider  trace.TracerProvider
	tracer          trace.Tracer // nil when tracing is off
	logger          *slog.Logger
	slowTime        time.Duration
	slowSpeed       float64
	hitRateInterval time.Duration
	errorType       *errorNamer
	attributes      []attribute.KeyValue
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
		if o != nil {
			o.apply(&c)
		}
	}
	if len(c.errs) == 0 {
		c.setTracer()
	}
	return c, errors.Join(c.errs...)
}

// setTracer sets the tracer of the provider. No lock may be held: the provider is
// the host's code.
func (c *config) setTracer() {
	defer func() {
		if r := recover(); r != nil {
			c.errs = append(c.errs, fmt.Errorf("otelcache: the tracer provider panicked: %v", r))
		}
	}()
	switch c.tracerProvider.(type) {
	case tracenoop.TracerProvider, *tracenoop.TracerProvider:
	default:
		c.tracer = c.tracerProvider.Tracer(instruments.ScopeName, trace.WithInstrumentationVersion(Version))
	}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidOption, fmt.Sprintf(format, args...))
}

// Option configures a [Monitor]. A later option replaces an earlier one of the
// same name. A nil Option is ignored; nil arguments and values out of range are
// errors of the constructor.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// isNil reports whether provider is nil or holds a nil pointer, as the result of
// a failed constructor does.
func isNil(provider any) bool {
	v := reflect.ValueOf(provider)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// reject is an option that cannot be used.
func reject(format string, args ...any) Option {
	return optionFunc(func(c *config) { c.errs = append(c.errs, invalid(format, args...)) })
}

// WithMeterProvider sets the destination of metrics. Without it, the global
// provider is used; a provider installed later with [otel.SetMeterProvider] takes
// over.
func WithMeterProvider(mp metric.MeterProvider) Option {
	if isNil(mp) {
		return reject("WithMeterProvider(nil): want a provider; leave the option out for the global one")
	}
	return optionFunc(func(c *config) { c.meterProvider = mp })
}

// WithTracerProvider sets the destination of spans. Without it, the global
// provider is used; a provider installed later with [otel.SetTracerProvider]
// takes over. A provider of package go.opentelemetry.io/otel/trace/noop turns
// tracing off at the least cost.
func WithTracerProvider(tp trace.TracerProvider) Option {
	if isNil(tp) {
		return reject("WithTracerProvider(nil): want a provider; leave the option out for the global one")
	}
	return optionFunc(func(c *config) { c.tracerProvider = tp })
}

// WithLogger sets the logger of slow retrieves and of the records of a
// [StatsLogger]. Without it, [slog.Default] at the time of the constructor.
func WithLogger(l *slog.Logger) Option {
	if l == nil {
		return reject("WithLogger(nil): want a logger; slog.New(slog.DiscardHandler) logs nothing")
	}
	return optionFunc(func(c *config) { c.logger = l })
}

// WithSlowRetrieve sets the duration above which a finished retrieve counts as
// slow and is warned of. Without it, none is; d must be positive.
func WithSlowRetrieve(d time.Duration) Option {
	if d <= 0 {
		return reject("WithSlowRetrieve(%v): want a positive duration; leave the option out for no threshold", d)
	}
	return optionFunc(func(c *config) { c.slowTime = d })
}

// WithSlowRetrieveSpeed sets the tokens per second below which a finished
// retrieve counts as slow and is warned of. Without it, none is; the threshold
// must be positive and finite. A retrieve without a hit has no speed and is not
// slow by it.
func WithSlowRetrieveSpeed(tokensPerSecond float64) Option {
	if !(tokensPerSecond > 0) || math.IsInf(tokensPerSecond, 1) {
		return reject("WithSlowRetrieveSpeed(%v): want a positive, finite number of tokens per second; "+
			"leave the option out for no threshold", tokensPerSecond)
	}
	return optionFunc(func(c *config) { c.slowSpeed = tokensPerSecond })
}

// WithHitRateInterval sets the length of the intervals of the hit-rate gauges.
// Without it, 10 s; d must be positive.
func WithHitRateInterval(d time.Duration) Option {
	if d <= 0 {
		return reject("WithHitRateInterval(%v): want a positive duration", d)
	}
	return optionFunc(func(c *config) { c.hitRateInterval = d })
}

// WithErrorType sets a function that names the type of a host's own errors for
// the attribute error.type. Without it, and for errors of which it returns "", the
// type is the name of Go's sentinel error that the error wraps
// ("context.DeadlineExceeded"), the result of the error's method ErrorType, or its
// Go type. Fail calls the function, the errors' methods ErrorType and Error and
// those of their chain, and waits for them. A function that panics is reported, and
// the type is what it is without it.
//
// Names must be few: each is a series. The first 32 names of a process that are
// not of Go's sentinels have series of their own; others count as "_OTHER". They
// are made valid UTF-8 and cut to 256 bytes. The function may be called from
// several goroutines at once.
func WithErrorType(name func(error) string) Option {
	if name == nil {
		return reject("WithErrorType(nil): want a function")
	}
	return optionFunc(func(c *config) { c.errorType = &errorNamer{name: name} })
}

const maxAttributes = 8

// WithAttributes adds attributes of the host's own, such as a tenant, to every
// span and measurement of the monitor. LMCache's names on Prometheus add up the
// engines that differ in them alone. Without it there are none; attributes of
// several options add up, to at most eight. Keys must be set and must not be those
// of [Engine].
//
// Keys and text are made valid UTF-8 and cut to 256 bytes, as the fields of Engine
// are. A slice of more than 256 bytes becomes text.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	for _, a := range attrs {
		switch a.Key {
		case "", instruments.ModelNameKey, instruments.WorkerIDKey, instruments.RoleKey, instruments.ServedModelNameKey:
			return reject("WithAttributes: the key %q; want one that is set and not an engine's own", a.Key)
		}
		if !nameText.isCleanAttribute(a) {
			report(textRepaired, "WithAttributes: %s", nameText.clean(string(a.Key)))
		}
	}
	attrs = nameText.attributes(attrs)
	return optionFunc(func(c *config) {
		if c.attributes = append(c.attributes, attrs...); len(c.attributes) > maxAttributes {
			c.errs = append(c.errs, invalid("WithAttributes: %d attributes, want at most %d", len(c.attributes), maxAttributes))
		}
	})
}
