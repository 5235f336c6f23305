// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/batch"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

func (p *Pipeline) fromEnvironment(ctx context.Context, c config) error {
	disabled, disabledErr := otelenv.Disabled()
	if disabled {
		p.readNothing(c)
		return nil
	}
	metrics, traces := chooseExporters(otelenv.Metrics), chooseExporters(otelenv.Traces)
	metricsErr, tracesErr := metrics.check(), traces.check()
	errs := []error{disabledErr, otelenv.CheckResource(), metricsErr, tracesErr, p.setPropagator()}
	// Whether a name is registered shows only when the exporter is made, which is done even then, so that one error names every mistake.
	var readers []sdkmetric.Reader
	if metricsErr == nil || metrics.isHosts() {
		var err error
		readers, err = metrics.readers(ctx)
		errs = append(errs, err)
	}
	var spanExporters []sdktrace.SpanExporter
	if tracesErr == nil || traces.isHosts() {
		var err error
		spanExporters, err = traces.spanExporters(ctx)
		errs = append(errs, err)
	}
	res, err := newResource(ctx, c.serviceName)
	if errors.Join(errs...) == nil { // otherwise CheckResource has said it
		errs = append(errs, err)
	}
	if err := joinDistinct(errs...); err != nil {
		return errors.Join(err, shutDown(ctx, readers), shutDown(ctx, spanExporters))
	}

	var mp *sdkmetric.MeterProvider
	if all := append(readers, c.readers...); len(all) > 0 {
		opts := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithView(c.views...)}
		for _, r := range all {
			opts = append(opts, sdkmetric.WithReader(r))
			p.parts = append(p.parts, readerPart(r))
		}
		mp = sdkmetric.NewMeterProvider(opts...)
		p.meterProvider = mp
	}
	var tp *sdktrace.TracerProvider
	if len(spanExporters) > 0 {
		opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(res)}
		for _, e := range spanExporters {
			processor := batch.New(e, batch.Config{})
			p.processors = append(p.processors, processor)
			p.parts = append(p.parts, part{name: "traces", flush: processor.ForceFlush, shutdown: processor.Shutdown})
			opts = append(opts, sdktrace.WithSpanProcessor(processor))
		}
		tp = sdktrace.NewTracerProvider(opts...)
		p.tracerProvider = tp
	}
	p.close = func(ctx context.Context) {
		// The readers and processors are shut down already, and say so here as an error.
		if mp != nil {
			_ = mp.Shutdown(ctx)
		}
		if tp != nil {
			_ = tp.Shutdown(ctx)
		}
	}
	return nil
}

// readNothing gives the host's readers a meter provider in which nothing is recorded, so that they work and are empty.
func (p *Pipeline) readNothing(c config) {
	opts := make([]sdkmetric.Option, 0, len(c.readers))
	for _, r := range c.readers {
		opts = append(opts, sdkmetric.WithReader(r))
		p.parts = append(p.parts, readerPart(r))
	}
	sdkmetric.NewMeterProvider(opts...)
}

func readerPart(r sdkmetric.Reader) part {
	p := part{name: "metrics", shutdown: r.Shutdown}
	if f, ok := r.(interface{ ForceFlush(context.Context) error }); ok {
		p.flush = f.ForceFlush
	}
	return p
}

// shutDown ends the readers or exporters of a pipeline that will not be.
func shutDown[T interface{ Shutdown(context.Context) error }](ctx context.Context, made []T) error {
	var errs []error
	for _, m := range made {
		errs = append(errs, m.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

// joinDistinct joins errors that were joined before, without repeating those about variables that both signals read.
func joinDistinct(errs ...error) error {
	var distinct []error
	seen := map[string]bool{}
	var add func([]error)
	add = func(errs []error) {
		for _, err := range errs {
			//nolint:errorlint // not every error in the chain: those that this one joins
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				add(joined.Unwrap())
			} else if err != nil && !seen[err.Error()] {
				seen[err.Error()] = true
				distinct = append(distinct, err)
			}
		}
	}
	add(errs)
	return errors.Join(distinct...)
}

func (p *Pipeline) setPropagator() error {
	const name = "OTEL_PROPAGATORS"
	names := otelenv.List(name)
	if names == nil {
		p.propagator = autoprop.NewTextMapPropagator()
		return nil
	}
	propagator, err := autoprop.TextMapPropagator(names...)
	if err != nil {
		return fmt.Errorf("%s: %w; allowed: a list of tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace, none and registered names",
			name, err)
	}
	p.propagator = propagator
	return nil
}
