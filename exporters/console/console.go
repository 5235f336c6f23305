// SPDX-License-Identifier: Apache-2.0

// Package console writes telemetry as JSON for people to look at, to standard output or another writer. It is for trying things out: the format
// is not stable and the volume is large.
package console

import (
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Option configures [NewReader] and [NewSpanExporter].
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct{ writer io.Writer }

func newConfig(opts []Option) (config, error) {
	c := config{writer: os.Stdout}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.writer == nil {
		return c, fmt.Errorf("console exporter: WithWriter: the writer is nil")
	}
	return c, nil
}

// WithWriter writes to w instead of standard output. Metrics and traces call Write from goroutines of their own.
func WithWriter(w io.Writer) Option {
	return optionFunc(func(c config) config {
		c.writer = w
		return c
	})
}

// NewReader returns a metric reader that writes all metrics, cumulative, one JSON document a collection, every OTEL_METRIC_EXPORT_INTERVAL
// (by default 60 s) and when it is flushed or shut down. It starts a goroutine that Shutdown, the meter provider's or its own, ends.
func NewReader(opts ...Option) (sdkmetric.Reader, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	e, err := stdoutmetric.New(stdoutmetric.WithWriter(c.writer))
	if err != nil {
		return nil, fmt.Errorf("console exporter: %w", err)
	}
	return sdkmetric.NewPeriodicReader(e), nil
}

// NewSpanExporter returns an exporter that writes each span as one JSON document. Give it to a tracer provider with
// [sdktrace.WithBatcher] or [sdktrace.WithSyncer].
func NewSpanExporter(opts ...Option) (sdktrace.SpanExporter, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	e, err := stdouttrace.New(stdouttrace.WithWriter(c.writer))
	if err != nil {
		return nil, fmt.Errorf("console exporter: %w", err)
	}
	return e, nil
}
