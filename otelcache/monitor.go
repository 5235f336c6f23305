// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Monitor records what one engine does. It is made by [New] or [GetOrCreate] and safe for concurrent use.
//
// What a monitor keeps does not grow with the number of requests: a few kilobytes, and a quarter of a megabyte more from the first [Cursor]
// or [StatsLogger] on.
type Monitor struct {
	config
	engine   Engine
	identity []attribute.KeyValue
	created  time.Time
	tracer   trace.Tracer // nil when tracing is off

	set            *instruments.Set
	histograms     [numDistributions]metric.Float64Histogram
	recordOptions  []metric.RecordOption
	observeOptions []metric.ObserveOption
	registration   metric.Registration

	closed        atomic.Bool
	distributions atomic.Pointer[distributions] // nil until there is a cursor
	retrieveRate  hitRate
	lookupRate    hitRate
	observed      observed

	// From here on is what every request may write. The padding of counters keeps it apart from what every request reads, which stands above.
	counters     counters
	pinned       atomic.Int64
	gauges       [numGauges]lastValue
	slowWarnings limiter
	mistakes     [numMistakes]limiter
}

// New makes the monitor of an engine. Its counters are reported, with 0, from the next collection on. Close it when the engine
// goes away.
//
// The errors are [ErrInvalidOption], [ErrEngineLive] when the engine has a monitor on the same meter provider that is not closed
// (its counts and those of a second one could not be told apart), and what the meter provider says against an instrument. Along with an
// error comes a monitor that records nothing, so that a host may log the error and go on.
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

// inert returns a monitor on providers that do nothing. It is not in the registry.
func inert(e Engine) *Monitor {
	m := newMonitor(e, config{
		meterProvider:   metricnoop.NewMeterProvider(),
		tracerProvider:  noop.NewTracerProvider(),
		logger:          slog.New(slog.DiscardHandler),
		hitRateInterval: defaultHitRateInterval,
	})
	_ = m.register() // the API's no-op provider refuses nothing
	return m
}

func newMonitor(e Engine, c config) *Monitor {
	m := &Monitor{config: c, engine: e, identity: e.attributes(), created: time.Now()}
	identity := metric.WithAttributeSet(attribute.NewSet(m.identity...))
	m.recordOptions = []metric.RecordOption{identity}
	m.observeOptions = []metric.ObserveOption{identity}
	m.retrieveRate = hitRate{counters: &m.counters, requested: retrieveFinishedTokens, hits: retrieveHitTokens, length: c.hitRateInterval}
	m.lookupRate = hitRate{counters: &m.counters, requested: lookupFinishedTokens, hits: lookupHitTokens, length: c.hitRateInterval}
	switch c.tracerProvider.(type) {
	case noop.TracerProvider, *noop.TracerProvider:
	default:
		m.tracer = c.tracerProvider.Tracer(instruments.ScopeName, trace.WithInstrumentationVersion(Version))
	}
	return m
}

// register creates the instruments and the callback that reports the observable ones.
func (m *Monitor) register() error {
	meter := m.meterProvider.Meter(instruments.ScopeName, metric.WithInstrumentationVersion(Version))
	var err error
	if m.set, err = instruments.NewSet(meter); err != nil {
		return fmt.Errorf("otelcache: %w", err)
	}
	for id, h := range histogramMetrics {
		m.histograms[id] = m.set.Histogram(h)
	}
	if m.registration, err = meter.RegisterCallback(m.collect, m.set.Observables()...); err != nil {
		return fmt.Errorf("otelcache: register the callback of the observable instruments: %w", err)
	}
	return nil
}

// Engine returns the identity that the monitor was made for.
func (m *Monitor) Engine() Engine { return m.engine }

// Close ends the engine's metrics: its counters and gauges are gone from the next collection, and what is recorded later reaches no
// histogram. Spans still work. The engine may then get a new monitor, which starts at 0.
//
// A host that pushes metrics shuts its meter provider down before it closes its monitors: the last push has nothing to report of a closed
// engine. One that sends deltas has to collect between Close and the making of the engine's next monitor, or the SDK reports the fall to 0 as a
// negative delta. Histograms keep the engine's last values, because OpenTelemetry's SDK never forgets a series that was recorded; this
// module's Prometheus bridge leaves them out. Close may be called more than once.
func (m *Monitor) Close() error {
	if m.closed.Swap(true) {
		return nil
	}
	defer live.remove(m) // after the callback: until it is gone, a new monitor would be reported along with this one
	if err := m.registration.Unregister(); err != nil {
		return fmt.Errorf("otelcache: unregister the callback of the observable instruments: %w", err)
	}
	return nil
}

// now returns the monotonic time since the monitor was made, which takes one reading of one clock where time.Now takes two.
func (m *Monitor) now() time.Duration { return time.Since(m.created) }
