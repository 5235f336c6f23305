// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Monitor records the events of one engine. It is made by [New] or [GetOrCreate]
// and safe for concurrent use. Methods of the nil and of the zero Monitor do
// nothing, so that instrumentation may be optional in a host.
//
// What a monitor keeps does not grow with the number of requests: a few
// kilobytes, and ten for each tier of [WithTiers] and the others together. From
// the first [Cursor] or [StatsLogger] on, it is a quarter of a megabyte more, and
// forty kilobytes for each tier and the others.
type Monitor struct {
	config
	series
	engine   Engine
	identity identity
	created  time.Time
	scope    *scope
	engines  *Engines // the set that it belongs to, or nil

	closed            atomic.Bool
	distributions     atomic.Pointer[[]distribution] // by the index of the histogram; nil until there is a cursor
	tierDistributions atomic.Pointer[tierDistributions]
	rates             [numRates]hitRate
	observed          observed
	tiers             []TierMonitor // by the layout's order, and the other; none where none are declared
	feeders           feeders
	slowWarnings      limiter
	log               part       // the logger
	extras            sync.Mutex // held when an operation gets its extra
	use               use        // of a monitor of Engines
}

func newMonitor(e Engine, c config, s *scope) *Monitor {
	attrs := append(e.attributes(), c.attributes...)
	own := attribute.NewSet(c.attributes...)
	m := &Monitor{
		config:   c,
		series:   newSeries(s.instruments, attrs, c.layout),
		engine:   e,
		identity: identity{e, own.Equivalent()},
		created:  time.Now(),
		scope:    s,
	}
	m.tiers = newTiers(m)
	for i := range m.rates {
		requested := len(s.instruments.counters) + i // behind the catalog's counters
		m.rates[i].start(&m.counters, requested, rates[i].hits.Index(), c.hitRateInterval)
	}
	return m
}

// ready reports whether m was made by a constructor.
func (m *Monitor) ready() bool { return m != nil && m.scope != nil }

// Engine returns the identity that the monitor was made for, as it is reported.
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
// Histograms that have a Finish, as those of package exporters/bound and of
// go.opentelemetry.io/otel/metric/x, are gone as well. Others keep the engine's
// last values, because OpenTelemetry's SDK never forgets a series; this module's
// Prometheus bridge leaves them out.
//
// A host that pushes metrics shuts its meter provider down before it closes its
// monitors: the last push reports nothing of a closed engine. One that sends
// deltas has to collect between Close and the making of the engine's next
// monitor, or the SDK reports the fall to 0 as a negative delta. Close may be
// called more than once.
//
// The monitors of [Engines] are closed with their set; Close does nothing on one
// of them.
func (m *Monitor) Close() error {
	if !m.ready() || m.engines != nil {
		return nil
	}
	return m.close()
}

func (m *Monitor) close() error {
	if m.closed.Swap(true) || m.scope == noScope() {
		return nil
	}
	m.scope.remove(m)
	live.unshare(m)
	return live.leave(m.scope)
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

// recordValue puts a value that is not a duration into a histogram.
func (m *Monitor) recordValue(ctx context.Context, h instruments.Histogram, v float64) {
	if h.Index() == 0 {
		return
	}
	if all := m.distributions.Load(); all != nil {
		(*all)[h.Index()].record(v)
	}
	m.recordHistogram(ctx, h, v)
}

// recordHistogram records unless the engine is closed: the SDK would bring its
// series back.
func (m *Monitor) recordHistogram(ctx context.Context, h instruments.Histogram, v float64) {
	if !m.closed.Load() {
		m.series.record(orBackground(ctx), h, v)
	}
}

// collect passes the values to the reader that collects.
func (m *Monitor) collect(o metric.Observer) {
	now := m.now()
	m.abandonStuck(now)
	m.observe(o, m.layout, m.observeTiers(o))
	for i := noRate + 1; i < numRates; i++ {
		if rate, ok := m.rates[i].last(now); ok {
			o.ObserveFloat64(m.instruments.gauges[rates[i].gauge.Index()], rate, m.observeOptions...)
		}
	}
	for _, observation := range m.observed.all() {
		if v, ok := observation.read(); ok {
			o.ObserveFloat64(m.instruments.observableGauges[observation.index], v, m.observeOptions...)
		}
	}
}
