// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// instrumentSet holds the catalog's instruments on one meter, by the indexes of
// their handles. Index 0 is the zero handle's: no callback reports it, and its
// histogram is a no-op, so that recording need not ask whether there is a metric.
//
// Counters and gauges are observable: the module keeps their values in atomics,
// which costs a fraction of a synchronous add, and a callback reports them.
// Histograms are synchronous, because exemplars need the context of the
// measurement. Their bounds are advice, so that a host without views has
// LMCache's layout.
type instrumentSet struct {
	counters         []metric.Int64ObservableCounter
	upDownCounters   []metric.Int64ObservableUpDownCounter
	gauges           []metric.Float64ObservableGauge
	observableGauges []metric.Float64ObservableGauge
	histograms       []metric.Float64Histogram
	processCounters  []metric.Int64ObservableCounter

	series      *seriesCount
	observables []metric.Observable // for the registration of the callback
	errs        []error
}

// newInstrumentSet creates the instruments. The error joins the refusals of the
// meter, each with the name of its instrument.
func newInstrumentSet(meter metric.Meter) (*instrumentSet, error) {
	s := new(instrumentSet)
	counter := func(m instruments.Metric) (metric.Int64ObservableCounter, error) {
		return meter.Int64ObservableCounter(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
	}
	s.counters = create(s, instruments.Counters(), counter)
	s.processCounters = create(s, instruments.ProcessCounters(), counter)
	s.upDownCounters = create(s, instruments.UpDownCounters(), func(m instruments.Metric) (metric.Int64ObservableUpDownCounter, error) {
		return meter.Int64ObservableUpDownCounter(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
	})
	gauge := func(m instruments.Metric) (metric.Float64ObservableGauge, error) {
		return meter.Float64ObservableGauge(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
	}
	s.gauges = create(s, instruments.Gauges(), gauge)
	s.observableGauges = create(s, instruments.ObservableGauges(), gauge)
	s.histograms = create(s, instruments.Histograms(), func(m instruments.Metric) (metric.Float64Histogram, error) {
		return meter.Float64Histogram(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description),
			metric.WithExplicitBucketBoundaries(m.Bounds...))
	})
	s.histograms[0] = noop.Float64Histogram{}
	s.series = newSeriesCount(s.histograms)
	return s, errors.Join(s.errs...)
}

// create returns the instruments of a kind, behind a place for the zero handle.
func create[H interface{ Metric() instruments.Metric }, I any](
	s *instrumentSet, handles []H, instrument func(instruments.Metric) (I, error),
) []I {
	list := make([]I, 1, len(handles)+1)
	for _, h := range handles {
		i, err := instrument(h.Metric())
		if err == nil && isNil(i) {
			err = errors.New("the meter returned none")
		}
		if err != nil {
			s.errs = append(s.errs, fmt.Errorf("instrument %s: %w", h.Metric().Name, err))
		}
		if o, ok := any(i).(metric.Observable); ok {
			s.observables = append(s.observables, o)
		}
		list = append(list, i)
	}
	return list
}
