// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"crypto/tls"
	"fmt"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/credentials"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/batch"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

// NewSpanExporter returns an exporter that sends spans to an OTLP receiver, for a host that batches them itself. An error is about a
// setting, and says which.
func NewSpanExporter(ctx context.Context, opts ...Option) (sdktrace.SpanExporter, error) {
	c, err := newConfig(otelenv.Traces, opts)
	if err != nil {
		return nil, err
	}
	return newSpanExporter(ctx, c)
}

// SpanProcessor sends spans in batches and counts those that it loses. It is made by [NewSpanProcessor] and safe for concurrent use.
type SpanProcessor struct {
	sdktrace.SpanProcessor
	processor *batch.Processor
}

// NewSpanProcessor returns a span processor, to be given to a tracer provider with [sdktrace.WithSpanProcessor]. It never waits: spans that
// find the queue full are dropped. It starts a goroutine that Shutdown, the tracer provider's or its own, ends; what Shutdown cannot send
// within its context is given up. An error is about a setting, and says which.
func NewSpanProcessor(ctx context.Context, opts ...Option) (*SpanProcessor, error) {
	c, err := newConfig(otelenv.Traces, opts)
	if err != nil {
		return nil, err
	}
	if err := otelenv.CheckTraces(); err != nil {
		return nil, fmt.Errorf("otlp exporter: %w", err)
	}
	e, err := newSpanExporter(ctx, c)
	if err != nil {
		return nil, err
	}
	p := batch.New(e, c.queue)
	return &SpanProcessor{SpanProcessor: p, processor: p}, nil
}

// Dropped returns how many sampled spans were lost so far: the queue was full, the export failed for good, or they ended after Shutdown. Spans that
// wait are not lost; once Shutdown has returned, those that still waited are.
func (p *SpanProcessor) Dropped() int64 { return p.processor.Dropped() }

func newSpanExporter(ctx context.Context, c config) (sdktrace.SpanExporter, error) {
	const path = "/v1/traces"
	var e sdktrace.SpanExporter
	var err error
	if c.protocol == GRPC {
		e, err = otlptracegrpc.New(ctx, options(c, path, setters[otlptracegrpc.Option]{
			endpoint: otlptracegrpc.WithEndpointURL,
			headers:  otlptracegrpc.WithHeaders,
			tls: func(t *tls.Config) otlptracegrpc.Option {
				return otlptracegrpc.WithTLSCredentials(credentials.NewTLS(t))
			},
			gzip:    func() otlptracegrpc.Option { return otlptracegrpc.WithCompressor("gzip") },
			timeout: otlptracegrpc.WithTimeout,
			retry:   func(r Retry) otlptracegrpc.Option { return otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig(r)) },
		})...)
	} else {
		e, err = otlptracehttp.New(ctx, options(c, path, setters[otlptracehttp.Option]{
			endpoint: otlptracehttp.WithEndpointURL,
			headers:  otlptracehttp.WithHeaders,
			tls:      otlptracehttp.WithTLSClientConfig,
			gzip:     func() otlptracehttp.Option { return otlptracehttp.WithCompression(otlptracehttp.GzipCompression) },
			timeout:  otlptracehttp.WithTimeout,
			retry:    func(r Retry) otlptracehttp.Option { return otlptracehttp.WithRetry(otlptracehttp.RetryConfig(r)) },
		})...)
	}
	if err != nil {
		return nil, fmt.Errorf("otlp exporter: traces: %w", err)
	}
	return e, nil
}
