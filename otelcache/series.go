// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// series is a set of attributes and the values kept under it, by the indexes of
// their handles. Nothing is kept under the zero handle's.
type series struct {
	instruments    *instrumentSet
	attrs          []attribute.KeyValue
	recorders      *recorders
	observeOptions []metric.ObserveOption

	counters       striped
	from           atomic.Pointer[[]int64] // of counters, what readers do not get
	upDownCounters []atomic.Int64
	gauges         []lastValue
}

// newSeries returns a series with room for so many sums besides the catalog's
// counters.
func newSeries(set *instrumentSet, attrs []attribute.KeyValue, moreSums int) series {
	return series{
		instruments:    set,
		attrs:          attrs,
		recorders:      newRecorders(set, attrs),
		observeOptions: []metric.ObserveOption{metric.WithAttributeSet(attribute.NewSet(attrs...))},
		counters:       newStriped(len(set.counters) + moreSums),
		upDownCounters: make([]atomic.Int64, len(set.upDownCounters)),
		gauges:         make([]lastValue, len(set.gauges)),
	}
}

func (s *series) count(c instruments.Counter, n int64) {
	if i := c.Index(); i != 0 && n > 0 {
		s.counters.add(i, n)
	}
}

func (s *series) setGauge(g instruments.Gauge, v float64) { s.gauges[g.Index()].set(v) }

func (s *series) record(ctx context.Context, h instruments.Histogram, v float64) {
	s.recorders.list[h.Index()].record(ctx, v)
}

// recordVariant records a value with attributes beside those of the series.
func (s *series) recordVariant(ctx context.Context, h instruments.Histogram, v float64, more ...attribute.KeyValue) {
	s.recorders.variant(h.Index(), more...).record(ctx, v)
}

// isEnabled reports whether anybody reads the histogram.
func (s *series) isEnabled(ctx context.Context, h instruments.Histogram) bool {
	return s.instruments.histograms[h.Index()].Enabled(ctx)
}

// startAnew lets the counters start at 0 for readers.
func (s *series) startAnew() {
	from := make([]int64, len(s.instruments.counters))
	for i := range from {
		from[i] = s.counters.sum(i)
	}
	s.from.Store(&from)
}

// observe passes all values to the reader that collects.
func (s *series) observe(o metric.Observer) {
	from := s.from.Load()
	// Backwards, because the catalog has what an operation counts at its start
	// before what it counts at its end: no more operations end than have started.
	for i := len(s.instruments.counters) - 1; i > 0; i-- {
		n := s.counters.sum(i)
		if from != nil {
			n -= (*from)[i]
		}
		o.ObserveInt64(s.instruments.counters[i], n, s.observeOptions...)
	}
	for i := 1; i < len(s.instruments.upDownCounters); i++ {
		o.ObserveInt64(s.instruments.upDownCounters[i], s.upDownCounters[i].Load(), s.observeOptions...)
	}
	for i := 1; i < len(s.instruments.gauges); i++ {
		if v, ok := s.gauges[i].load(); ok {
			o.ObserveFloat64(s.instruments.gauges[i], v, s.observeOptions...)
		}
	}
}
