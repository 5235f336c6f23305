// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

// Pipeline is a meter provider, a tracer provider and their exporters. It is
// made by [New] and safe for concurrent use.
type Pipeline struct {
	meterProvider  metric.MeterProvider
	tracerProvider trace.TracerProvider
	propagator     propagation.TextMapPropagator
	parts          []part
	shutdown       sync.Once
	ending         chan struct{} // closed when it begins
}

// part is a reader, span processor or provider that is flushed and shut down
// beside the others, so that one that hangs does not take their time.
type part struct {
	signal string
	shutdowner
}

type (
	shutdowner interface {
		Shutdown(ctx context.Context) error
	}
	flusher interface {
		ForceFlush(ctx context.Context) error
	}
)

// New makes the pipeline that the environment asks for, or the configuration
// file that it names. It connects to nothing: that a collector is away is no
// error. ctx bounds the making only.
//
// The pipeline is never nil. Along with an error it has all that could be made,
// so that a service may log the error and go on. The error names the variable
// or file with the reason of the library that reads it, without credentials.
func New(ctx context.Context, opts ...Option) (*Pipeline, error) {
	c := newConfig(opts)
	p := &Pipeline{
		meterProvider:  metricnoop.NewMeterProvider(),
		tracerProvider: tracenoop.NewTracerProvider(),
		propagator: propagation.NewCompositeTextMapPropagator(
			propagation.TraceContext{}, propagation.Baggage{}),
		ending: make(chan struct{}),
	}
	build := p.fromEnvironment
	if os.Getenv(configFile) != "" || os.Getenv(deprecatedConfigFile) != "" {
		build = p.fromFile
	}
	if err := errors.Join(append(c.errs, build(ctx, c))...); err != nil {
		return p, fmt.Errorf("telemetry pipeline: %w", err)
	}
	return p, nil
}

// MeterProvider returns the provider for metrics. It is OpenTelemetry's no-op
// when nothing reads metrics.
func (p *Pipeline) MeterProvider() metric.MeterProvider { return p.meterProvider }

// TracerProvider returns the provider for traces. It is OpenTelemetry's no-op
// when no spans are exported.
func (p *Pipeline) TracerProvider() trace.TracerProvider { return p.tracerProvider }

// Propagator returns the propagator of trace context between processes: that of
// the file, or of OTEL_PROPAGATORS, by default W3C trace context and baggage.
// It has no effect before the host uses it.
func (p *Pipeline) Propagator() propagation.TextMapPropagator { return p.propagator }

// ForceFlush exports everything recorded so far, within ctx. The error joins
// those of all exporters.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	return p.each(ctx, "flush", func(s shutdowner) error {
		if f, ok := s.(flusher); ok {
			return f.ForceFlush(ctx)
		}
		return nil
	})
}

// Shutdown exports everything recorded so far and stops the exporters, all at
// the same time, within ctx. The error joins those of all exporters, except that
// the SDK gives the fate of the last spans to otel.Handle; ForceFlush returns it.
// A collector that cannot be reached over HTTP is no longer waited for. An exporter
// that is still sending when ctx ends is left to its own timeouts.
// Further calls do nothing. Close monitors after it, not before: their counters
// go with them.
func (p *Pipeline) Shutdown(ctx context.Context) (err error) {
	p.shutdown.Do(func() {
		close(p.ending)
		err = p.each(ctx, "shut down", func(s shutdowner) error { return s.Shutdown(ctx) })
	})
	return err
}

// each calls do with every part at the same time, and waits for all or for the
// end of ctx.
func (p *Pipeline) each(ctx context.Context, verb string, do func(shutdowner) error) error {
	results := make([]chan error, len(p.parts))
	for i, part := range p.parts {
		results[i] = make(chan error, 1)
		go func() { results[i] <- do(part.shutdowner) }()
	}
	var errs []error
	for i, part := range p.parts {
		var err error
		select {
		case err = <-results[i]:
		case <-ctx.Done():
			select {
			case err = <-results[i]: // it ended with ctx
			default:
				err = ctx.Err()
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", verb, part.signal, redact.URLs(err)))
		}
	}
	return errors.Join(errs...)
}

// newMeterProvider makes a provider with the readers, which become parts. With a
// producer, it keeps the instruments of this module.
func (p *Pipeline) newMeterProvider(
	res *resource.Resource, readers []sdkmetric.Reader, views []sdkmetric.View, producer *bound.Producer,
) metric.MeterProvider {
	if len(readers) == 0 {
		return metricnoop.NewMeterProvider()
	}
	opts := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithView(views...)}
	for _, r := range readers {
		opts = append(opts, sdkmetric.WithReader(r))
		p.parts = append(p.parts, part{"metrics", r})
	}
	provider := sdkmetric.NewMeterProvider(opts...)
	if producer == nil {
		return provider
	}
	return producer.MeterProvider(provider)
}

// readNothing gives the host's readers a provider that nobody records with, so
// that they work and are empty.
func (p *Pipeline) readNothing(c config) { p.newMeterProvider(resource.Empty(), c.readers, nil, nil) }
