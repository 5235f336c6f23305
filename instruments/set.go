// SPDX-License-Identifier: Apache-2.0

package instruments

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"
)

// Set is every metric of the catalog, created on one meter.
//
// Counters and gauges are observable: they are kept by whoever holds the set and reported by a callback, which costs a
// fraction of a synchronous add. Histograms are synchronous, because exemplars need the context of the measurement; their
// bounds go along as advice, so that a host that sets no views has LMCache's layout.
//
// A Set is immutable and safe for concurrent use. Its methods return nil for the zero handle.
type Set struct {
	counters       []metric.Int64ObservableCounter
	upDownCounters []metric.Int64ObservableUpDownCounter
	gauges         []metric.Float64ObservableGauge
	histograms     []metric.Float64Histogram
	observables    []metric.Observable
}

// NewSet creates every metric of the catalog on meter. The error joins those of all instruments that the meter refused, each with
// the name of its instrument.
func NewSet(meter metric.Meter) (*Set, error) {
	n := len(catalog) + 1 // ids start at 1
	s := &Set{
		counters:       make([]metric.Int64ObservableCounter, n),
		upDownCounters: make([]metric.Int64ObservableUpDownCounter, n),
		gauges:         make([]metric.Float64ObservableGauge, n),
		histograms:     make([]metric.Float64Histogram, n),
	}
	var errs []error
	for i := range catalog {
		if err := s.create(meter, i+1, catalog[i]); err != nil {
			errs = append(errs, fmt.Errorf("instrument %s: %w", catalog[i].Name, err))
		}
	}
	return s, errors.Join(errs...)
}

func (s *Set) create(meter metric.Meter, id int, m Metric) (err error) {
	unit, desc := metric.WithUnit(m.Unit), metric.WithDescription(m.Description)
	switch m.Kind {
	case KindCounter:
		s.counters[id], err = meter.Int64ObservableCounter(m.Name, unit, desc)
		s.observables = append(s.observables, s.counters[id])
	case KindUpDownCounter:
		s.upDownCounters[id], err = meter.Int64ObservableUpDownCounter(m.Name, unit, desc)
		s.observables = append(s.observables, s.upDownCounters[id])
	case KindGauge, KindObservableGauge:
		s.gauges[id], err = meter.Float64ObservableGauge(m.Name, unit, desc)
		s.observables = append(s.observables, s.gauges[id])
	case KindHistogram:
		s.histograms[id], err = meter.Float64Histogram(m.Name, unit, desc, metric.WithExplicitBucketBoundaries(m.Bounds...))
	}
	return err
}

// Counter returns the instrument of c.
func (s *Set) Counter(c Counter) metric.Int64ObservableCounter { return s.counters[c.id] }

// UpDownCounter returns the instrument of c.
func (s *Set) UpDownCounter(c UpDownCounter) metric.Int64ObservableUpDownCounter {
	return s.upDownCounters[c.id]
}

// Gauge returns the instrument of g.
func (s *Set) Gauge(g Gauge) metric.Float64ObservableGauge { return s.gauges[g.id] }

// ObservableGauge returns the instrument of g.
func (s *Set) ObservableGauge(g ObservableGauge) metric.Float64ObservableGauge { return s.gauges[g.id] }

// Histogram returns the instrument of h.
func (s *Set) Histogram(h Histogram) metric.Float64Histogram { return s.histograms[h.id] }

// Observables returns the instruments that a callback reports, for [metric.Meter.RegisterCallback]. The slice is the set's own:
// it must not be changed.
func (s *Set) Observables() []metric.Observable { return s.observables }
