// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/batch"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

// UnknownDrops is what [Pipeline.DroppedSpans] returns when the spans lost cannot be counted.
const UnknownDrops = -1

// Pipeline is a meter provider, a tracer provider and what they send to. It is made by [New] and safe for concurrent use.
type Pipeline struct {
	meterProvider  metric.MeterProvider
	tracerProvider trace.TracerProvider
	propagator     propagation.TextMapPropagator

	parts        []part
	close        func(context.Context) // marks the providers as stopped once their parts are; may be nil
	processors   []*batch.Processor
	unknownDrops bool
	stopped      atomic.Bool
}

// part is something that is flushed and shut down, beside the others: one that hangs must not take their time.
type part struct {
	name     string
	flush    func(context.Context) error // nil when there is nothing to flush
	shutdown func(context.Context) error
}

// New makes the pipeline that the environment asks for, or the file that OTEL_CONFIG_FILE names. Nothing is connected to yet: that
// a collector is away is no error. The error names every setting that is wrong and says what is allowed. ctx bounds the making only.
func New(ctx context.Context, opts ...Option) (*Pipeline, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("telemetry pipeline: %w", err)
	}
	p := &Pipeline{
		meterProvider:  metricnoop.NewMeterProvider(),
		tracerProvider: tracenoop.NewTracerProvider(),
		propagator:     propagation.NewCompositeTextMapPropagator(),
	}
	if file, ok := otelenv.Get(configFile); ok {
		err = p.fromFile(ctx, file, c)
	} else {
		err = p.fromEnvironment(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("telemetry pipeline: %w", err)
	}
	return p, nil
}

// MeterProvider returns the provider for metrics. It is OpenTelemetry's no-op when nothing reads metrics.
func (p *Pipeline) MeterProvider() metric.MeterProvider { return p.meterProvider }

// TracerProvider returns the provider for traces. It is OpenTelemetry's no-op when no spans are exported.
func (p *Pipeline) TracerProvider() trace.TracerProvider { return p.tracerProvider }

// Propagator returns what carries trace context between processes: that of OTEL_PROPAGATORS, by default W3C trace context and baggage, or that
// of the file. It has no effect before the host uses it.
func (p *Pipeline) Propagator() propagation.TextMapPropagator { return p.propagator }

// DroppedSpans returns how many sampled spans were lost so far: the queue was full, the export failed for good, or they ended after
// Shutdown. A span that went to two exporters and reached neither counts twice. While spans wait to be exported, they are not
// lost; once Shutdown has returned, those that still waited are.
//
// With OTEL_CONFIG_FILE it is [UnknownDrops] if the file exports traces, because otelconf makes the SDK's own span processors, which do not tell.
func (p *Pipeline) DroppedSpans() int64 {
	if p.unknownDrops {
		return UnknownDrops
	}
	var n int64
	for _, s := range p.processors {
		n += s.Dropped()
	}
	return n
}

// ForceFlush exports what was recorded until now, within ctx. The error joins those of all exporters.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	return p.each(ctx, "flush", func(part part) func(context.Context) error { return part.flush })
}

// Shutdown exports what was recorded until now and stops every exporter, side by side, within ctx: what cannot be sent by then is given
// up. The error joins those of all exporters. Later calls do nothing. Close monitors after it, not before: their counters go with them.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	if p.stopped.Swap(true) {
		return nil
	}
	err := p.each(ctx, "shut down", func(part part) func(context.Context) error { return part.shutdown })
	for _, processor := range p.processors {
		processor.Abandon() // one that hangs may not have noticed yet that its time is over
	}
	if p.close != nil {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			p.close(ctx) // waits for a reader that hangs in a callback of the host
		}()
		select {
		case <-closed:
		case <-ctx.Done():
		}
	}
	return err
}

// each calls what choose picks of every part at the same time and waits for all, or for the end of ctx.
func (p *Pipeline) each(ctx context.Context, doing string, choose func(part) func(context.Context) error) error {
	type result struct {
		part int
		err  error
	}
	results := make(chan result, len(p.parts))
	waiting := map[int]string{}
	for i, part := range p.parts {
		f := choose(part)
		if f == nil {
			continue
		}
		waiting[i] = part.name
		go func() { results <- result{i, f(ctx)} }()
	}
	var errs []error
	for len(waiting) > 0 {
		select {
		case r := <-results:
			if r.err != nil {
				errs = append(errs, fmt.Errorf("%s %s: %w", doing, waiting[r.part], r.err))
			}
			delete(waiting, r.part)
		case <-ctx.Done():
			for _, name := range waiting {
				errs = append(errs, fmt.Errorf("%s %s: %w", doing, name, ctx.Err()))
			}
			return errors.Join(errs...)
		}
	}
	return errors.Join(errs...)
}
