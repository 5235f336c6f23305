// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Monitor records the events of one engine. It is made by [New] or [GetOrCreate]
// and safe for concurrent use. Methods of the nil and of the zero Monitor do
// nothing, so that instrumentation may be optional in a host.
//
// What a monitor keeps does not grow with the number of requests: a few
// kilobytes, and a quarter of a megabyte more from the first [Cursor] or
// [StatsLogger] on.
type Monitor struct {
	config
	series
	engine       Engine
	created      time.Time
	tracer       trace.Tracer // nil when tracing is off
	registration metric.Registration

	closed        atomic.Bool
	distributions atomic.Pointer[[]distribution] // by the index of the histogram; nil until there is a cursor
	rates         [numRates]hitRate
	observed      observed
	slowWarnings  limiter
	mistakes      [numMistakes]limiter
}

// New makes the monitor of an engine. Its counters are reported, with 0, from
// the next collection on. Close it when the engine goes away.
//
// The errors are [ErrInvalidOption], [ErrEngineLive] when the engine has a
// monitor on the same meter provider that is not closed (its counts and those of
// a second one could not be told apart), and the meter provider's refusal of an
// instrument. Along with an error comes a monitor that records nothing, so that a
// host may log the error and go on.
func New(e Engine, opts ...Option) (*Monitor, error) {
	m, created, err := live.getOrCreate(e, opts)
	if err == nil && !created {
		err = fmt.Errorf("%w: %+v; close it first, or share it with GetOrCreate", ErrEngineLive, e)
	}
	if err != nil {
		return inert(e), err
	}
	return m, nil
}

// inert returns a monitor on no-op providers. It is not in the registry.
func inert(e Engine) *Monitor {
	m, _ := newMonitor(e, config{ // the API's no-op provider refuses nothing
		meterProvider:   metricnoop.NewMeterProvider(),
		tracerProvider:  noop.NewTracerProvider(),
		logger:          slog.New(slog.DiscardHandler),
		hitRateInterval: defaultHitRateInterval,
	})
	return m
}

// newMonitor creates the instruments, and registers the callback that reports
// the observable ones.
func newMonitor(e Engine, c config) (*Monitor, error) {
	meter := c.meterProvider.Meter(instruments.ScopeName, metric.WithInstrumentationVersion(Version))
	set, err := newInstrumentSet(meter)
	if err != nil {
		return nil, fmt.Errorf("otelcache: %w", err)
	}
	m := &Monitor{config: c, engine: e, created: time.Now(), series: newSeries(set, e.attributes(), int(numRates))}
	for i := range m.rates {
		requested := len(set.counters) + i // behind the catalog's counters
		m.rates[i].start(&m.counters, requested, rates[i].hits.Index(), c.hitRateInterval)
	}
	switch c.tracerProvider.(type) {
	case noop.TracerProvider, *noop.TracerProvider:
	default:
		m.tracer = c.tracerProvider.Tracer(instruments.ScopeName, trace.WithInstrumentationVersion(Version))
	}
	if m.registration, err = meter.RegisterCallback(m.collect, set.observables...); err != nil {
		return nil, fmt.Errorf("otelcache: register the callback of the observable instruments: %w", err)
	}
	return m, nil
}

// ready reports whether m was made by a constructor.
func (m *Monitor) ready() bool { return m != nil && m.instruments != nil }

// Engine returns the identity that the monitor was made for.
func (m *Monitor) Engine() Engine {
	if m == nil {
		return Engine{}
	}
	return m.engine
}

// Close ends the engine's metrics: its counters and gauges are gone from the next
// collection, and no histogram records any more. Spans still work. The engine may
// then get a new monitor, which starts at 0.
//
// A host that pushes metrics shuts its meter provider down before it closes its
// monitors: the last push reports nothing of a closed engine. One that sends
// deltas has to collect between Close and the making of the engine's next
// monitor, or the SDK reports the fall to 0 as a negative delta. Histograms keep
// the engine's last values, because OpenTelemetry's SDK never forgets a series;
// this module's Prometheus bridge leaves them out. Close may be called more than
// once.
func (m *Monitor) Close() error {
	if !m.ready() || m.closed.Swap(true) {
		return nil
	}
	defer live.remove(m) // after the callback: until it is gone, a new monitor would be reported along with this one
	if err := m.registration.Unregister(); err != nil {
		return fmt.Errorf("otelcache: unregister the callback of the observable instruments: %w", err)
	}
	return nil
}

// now returns the monotonic time since the monitor was made, which takes one
// reading of one clock where time.Now takes two.
func (m *Monitor) now() time.Duration { return time.Since(m.created) }

// recordDuration puts d into a histogram, with the context of what took that
// long.
func (m *Monitor) recordDuration(ctx context.Context, h instruments.Histogram, d time.Duration) {
	if h.Index() == 0 {
		return
	}
	if all := m.distributions.Load(); all != nil {
		(*all)[h.Index()].recordDuration(d)
	}
	m.recordHistogram(ctx, h, d.Seconds())
}

// record puts a value that is not a duration into a histogram.
func (m *Monitor) record(ctx context.Context, h instruments.Histogram, v float64) {
	if h.Index() == 0 {
		return
	}
	if all := m.distributions.Load(); all != nil {
		(*all)[h.Index()].record(v)
	}
	m.recordHistogram(ctx, h, v)
}

func (m *Monitor) recordHistogram(ctx context.Context, h instruments.Histogram, v float64) {
	if m.closed.Load() {
		return // the SDK would bring the series of a closed engine back
	}
	m.histogram(h).Record(orBackground(ctx), v, m.recordOptions...)
}

// collect is the callback of the observable instruments.
func (m *Monitor) collect(_ context.Context, o metric.Observer) error {
	m.observe(o)
	now := m.now()
	for i := noRate + 1; i < numRates; i++ {
		if rate, ok := m.rates[i].last(now); ok {
			o.ObserveFloat64(m.instruments.gauges[rates[i].gauge.Index()], rate, m.observeOptions...)
		}
	}
	for _, observation := range m.observed.all() {
		if v, ok := m.read(observation); ok {
			o.ObserveFloat64(m.instruments.observableGauges[observation.gauge.Index()], v, m.observeOptions...)
		}
	}
	return nil
}
