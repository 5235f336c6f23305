// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"slices"
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
	brokenDown     []atomic.Pointer[[]metric.ObserveOption] // by the layout's sets, made when needed
}

// ownSums is the number of sums of every series: the catalog's counters, and the
// requested tokens of hit rates.
var ownSums = len(instruments.Counters()) + 1 + int(numRates)

func newSeries(set *instrumentSet, attrs []attribute.KeyValue, l *layout) series {
	return series{
		instruments:    set,
		attrs:          attrs,
		recorders:      newRecorders(set, attrs, l.sets),
		observeOptions: []metric.ObserveOption{metric.WithAttributeSet(attribute.NewSet(attrs...))},
		counters:       newStriped(ownSums + len(l.sums)),
		brokenDown:     make([]atomic.Pointer[[]metric.ObserveOption], len(l.sets)),
		upDownCounters: make([]atomic.Int64, len(set.upDownCounters)),
		gauges:         make([]lastValue, len(set.gauges)),
	}
}

func (s *series) count(c instruments.Counter, n int64) {
	if i := c.Index(); i != 0 && n > 0 {
		s.counters.add(i, n)
	}
}

// countAt adds to a sum of the layout.
func (s *series) countAt(i int, n int64) {
	if n > 0 {
		s.counters.add(i, n)
	}
}

func (s *series) setGauge(g instruments.Gauge, v float64) { s.gauges[g.Index()].set(v) }

func (s *series) record(ctx context.Context, h instruments.Histogram, v float64) {
	s.recorders.list[h.Index()].record(ctx, v)
}

// recordVariant records a value with attributes beside those of the series: a set
// of the layout, and more.
func (s *series) recordVariant(ctx context.Context, h instruments.Histogram, v float64, set int, more ...attribute.KeyValue) {
	if i := h.Index(); i != 0 {
		s.recorders.variant(i, set, more...).record(ctx, v)
	}
}

// isEnabled reports whether anybody reads the histogram.
func (s *series) isEnabled(ctx context.Context, h instruments.Histogram) bool {
	return s.instruments.histograms[h.Index()].Enabled(ctx)
}

// startAnew lets the counters start at 0 for readers.
func (s *series) startAnew() {
	from := make([]int64, s.counters.len())
	for i := range from {
		from[i] = s.counters.sum(i)
	}
	s.from.Store(&from)
}

// observe passes all values to the reader that collects. What tiers add to gauges
// is by their indexes.
func (s *series) observe(o metric.Observer, l *layout, ofTiers map[int]float64) {
	from := s.from.Load()
	sum := func(i int) int64 {
		n := s.counters.sum(i)
		if from != nil {
			n -= (*from)[i]
		}
		return n
	}
	s.observeActive(o, l, sum)
	// Backwards, because what an operation counts at its end has a higher place
	// than what it counts at its start: no more operations end than have started.
	for i := len(l.sums) - 1; i >= 0; i-- {
		counter, set := l.sums[i].counter, l.sums[i].set
		if n := sum(ownSums + i); counter != 0 && (n != 0 || l.sets[set].fromZero) {
			o.ObserveInt64(s.instruments.counters[counter], n, s.optionsOf(l, set)...)
		}
	}
	for _, i := range slices.Backward(s.instruments.ownCounters) {
		o.ObserveInt64(s.instruments.counters[i], sum(i), s.observeOptions...)
	}
	for _, i := range s.instruments.ownUpDownCounters {
		o.ObserveInt64(s.instruments.upDownCounters[i], s.upDownCounters[i].Load(), s.observeOptions...)
	}
	for i := 1; i < len(s.instruments.gauges); i++ {
		v, ok := s.gauges[i].load()
		if more, has := ofTiers[i]; ok || has {
			o.ObserveFloat64(s.instruments.gauges[i], v+more, s.observeOptions...)
		}
	}
}

// observeActive passes on how many operations of tiers are in flight. It is called
// before the counters are read, so that no page has more in flight than started.
func (s *series) observeActive(o metric.Observer, l *layout, sum func(int) int64) {
	i := instruments.TierActiveOperations.Index()
	for place := range l.numOperations {
		started, active := l.inFlight(place, sum)
		if set := l.operations + place; started != 0 || l.sets[set].fromZero {
			o.ObserveInt64(s.instruments.upDownCounters[i], active, s.optionsOf(l, set)...)
		}
	}
}

// optionsOf returns the options for the series' attributes and a set of the
// layout.
func (s *series) optionsOf(l *layout, set int) []metric.ObserveOption {
	options := s.brokenDown[set].Load()
	if options == nil {
		attrs := slices.Concat(s.attrs, l.sets[set].attrs)
		options = &[]metric.ObserveOption{metric.WithAttributeSet(attribute.NewSet(attrs...))}
		s.brokenDown[set].Store(options)
	}
	return *options
}
