// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// series is a set of attributes and the values kept under it, by the indexes of
// their handles. Nothing is kept under the zero handle's.
type series struct {
	instruments    *instrumentSet
	attrs          []attribute.KeyValue
	recordOptions  []metric.RecordOption
	observeOptions []metric.ObserveOption

	counters       striped
	from           atomic.Pointer[[]int64] // of counters, what readers do not get
	upDownCounters []atomic.Int64
	gauges         []lastValue
}

// newSeries returns a series with room for so many sums besides the catalog's
// counters.
func newSeries(set *instrumentSet, attrs []attribute.KeyValue, moreSums int) series {
	option := metric.WithAttributeSet(attribute.NewSet(attrs...))
	return series{
		instruments:    set,
		attrs:          attrs,
		recordOptions:  []metric.RecordOption{option},
		observeOptions: []metric.ObserveOption{option},
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

func (s *series) histogram(h instruments.Histogram) metric.Float64Histogram {
	return s.instruments.histograms[h.Index()]
}

// recordFailure records the duration of a failed operation with the type of its
// error.
func (s *series) recordFailure(ctx context.Context, h instruments.Histogram, d time.Duration, errorType attribute.KeyValue) {
	attrs := append(s.attrs[:len(s.attrs):len(s.attrs)], errorType)
	s.histogram(h).Record(ctx, d.Seconds(), metric.WithAttributes(attrs...))
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
	for i := 1; i < len(s.instruments.counters); i++ {
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
