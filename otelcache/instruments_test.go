// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"errors"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var errRefused = errors.New("refused")

// refusingProvider has meters that refuse one instrument, or callbacks.
type refusingProvider struct {
	noop.MeterProvider
	meter refusingMeter
}

func (p *refusingProvider) Meter(string, ...metric.MeterOption) metric.Meter { return p.meter }

type refusingMeter struct {
	noop.Meter
	instrument string
	callbacks  bool
}

func (m refusingMeter) refusal(name string) error {
	if name == m.instrument {
		return errRefused
	}
	return nil
}

func (m refusingMeter) Int64ObservableCounter(name string, _ ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	return noop.Int64ObservableCounter{}, m.refusal(name)
}

func (m refusingMeter) Int64ObservableUpDownCounter(
	name string, _ ...metric.Int64ObservableUpDownCounterOption,
) (metric.Int64ObservableUpDownCounter, error) {
	return noop.Int64ObservableUpDownCounter{}, m.refusal(name)
}

func (m refusingMeter) Float64ObservableGauge(name string, _ ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	return noop.Float64ObservableGauge{}, m.refusal(name)
}

func (m refusingMeter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return noop.Float64Histogram{}, m.refusal(name)
}

func (m refusingMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	if m.callbacks {
		return nil, errRefused
	}
	return noop.Registration{}, nil
}

// TestRefusedInstrumentIsAnError checks each metric of the catalog: the error
// names it, and the engine can have a monitor once nothing is refused.
func TestRefusedInstrumentIsAnError(t *testing.T) {
	for _, refused := range instruments.All() {
		if slices.ContainsFunc(instruments.ExporterMetrics(), func(h instruments.ExporterMetric) bool { return h.String() == refused.Name }) {
			continue // which no meter has
		}
		mp := &refusingProvider{meter: refusingMeter{instrument: refused.Name}}
		wantRefusal(t, mp, refused.Name)
	}
	wantRefusal(t, &refusingProvider{meter: refusingMeter{callbacks: true}}, "callback")
}

func wantRefusal(t *testing.T, mp *refusingProvider, word string) {
	t.Helper()
	for name, constructor := range map[string]func(otelcache.Engine, ...otelcache.Option) (*otelcache.Monitor, error){
		"New": otelcache.New, "GetOrCreate": otelcache.GetOrCreate,
	} {
		m, err := constructor(testEngine, otelcache.WithMeterProvider(mp))
		wantError(t, err, errRefused, "otelcache", word)
		if m.Engine() != testEngine {
			t.Errorf("%s gave a monitor of %+v, want one of the engine that records nothing", name, m.Engine())
		}
		closeMonitor(t, m)
	}
	mp.meter = refusingMeter{}
	openMonitor(t, testEngine, otelcache.WithMeterProvider(mp))
}
