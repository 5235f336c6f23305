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

	observables []metric.Observable // for the registration of the callback
	errs        []error
}

// newInstrumentSet creates the instruments. The error joins the refusals of the
// meter, each with the name of its instrument.
func newInstrumentSet(meter metric.Meter) (*instrumentSet, error) {
	s := &instrumentSet{
		counters:         make([]metric.Int64ObservableCounter, 1),
		upDownCounters:   make([]metric.Int64ObservableUpDownCounter, 1),
		gauges:           make([]metric.Float64ObservableGauge, 1),
		observableGauges: make([]metric.Float64ObservableGauge, 1),
		histograms:       []metric.Float64Histogram{noop.Float64Histogram{}},
	}
	for _, c := range instruments.Counters() {
		m := c.Metric()
		i, err := meter.Int64ObservableCounter(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
		s.counters = append(s.counters, i)
		s.observe(i, m, err)
	}
	for _, c := range instruments.UpDownCounters() {
		m := c.Metric()
		i, err := meter.Int64ObservableUpDownCounter(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
		s.upDownCounters = append(s.upDownCounters, i)
		s.observe(i, m, err)
	}
	for _, g := range instruments.Gauges() {
		m := g.Metric()
		i, err := meter.Float64ObservableGauge(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
		s.gauges = append(s.gauges, i)
		s.observe(i, m, err)
	}
	for _, g := range instruments.ObservableGauges() {
		m := g.Metric()
		i, err := meter.Float64ObservableGauge(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description))
		s.observableGauges = append(s.observableGauges, i)
		s.observe(i, m, err)
	}
	for _, h := range instruments.Histograms() {
		m := h.Metric()
		i, err := meter.Float64Histogram(m.Name, metric.WithUnit(m.Unit), metric.WithDescription(m.Description),
			metric.WithExplicitBucketBoundaries(m.Bounds...))
		s.histograms = append(s.histograms, i)
		s.refuse(m, err)
	}
	return s, errors.Join(s.errs...)
}

func (s *instrumentSet) observe(o metric.Observable, m instruments.Metric, err error) {
	s.observables = append(s.observables, o)
	s.refuse(m, err)
}

func (s *instrumentSet) refuse(m instruments.Metric, err error) {
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("instrument %s: %w", m.Name, err))
	}
}
