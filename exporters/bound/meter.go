// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// meter is the host's meter of the scope, but for the kinds of instruments that
// the producer keeps.
type meter struct {
	metric.Meter // the host's

	scope *scope
}

func (m *meter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	c := metric.NewFloat64HistogramConfig(opts...)
	bounds := c.ExplicitBucketBoundaries()
	_, err := m.scope.sdk.Float64Histogram(name, opts...)
	if err != nil && !errors.Is(err, sdkmetric.ErrInstrumentName) {
		bounds = nil
	}
	i := m.scope.instrument(sdkmetric.InstrumentKindHistogram, name, c.Description(), c.Unit())
	h := m.scope.histogram(i, bounds)
	if h == nil {
		return m.Meter.Float64Histogram(name, opts...)
	}
	return h, err
}

func (m *meter) Int64ObservableCounter(
	name string, opts ...metric.Int64ObservableCounterOption,
) (metric.Int64ObservableCounter, error) {
	c := metric.NewInt64ObservableCounterConfig(opts...)
	_, err := m.scope.sdk.Int64ObservableCounter(name, opts...)
	i := m.scope.instrument(sdkmetric.InstrumentKindObservableCounter, name, c.Description(), c.Unit())
	o := int64ObservableOf(m.scope, i, c.Callbacks())
	return int64ObservableCounter{observable: o}, err
}

func (m *meter) Int64ObservableUpDownCounter(
	name string, opts ...metric.Int64ObservableUpDownCounterOption,
) (metric.Int64ObservableUpDownCounter, error) {
	c := metric.NewInt64ObservableUpDownCounterConfig(opts...)
	_, err := m.scope.sdk.Int64ObservableUpDownCounter(name, opts...)
	i := m.scope.instrument(sdkmetric.InstrumentKindObservableUpDownCounter, name, c.Description(), c.Unit())
	o := int64ObservableOf(m.scope, i, c.Callbacks())
	return int64ObservableUpDownCounter{observable: o}, err
}

func (m *meter) Int64ObservableGauge(
	name string, opts ...metric.Int64ObservableGaugeOption,
) (metric.Int64ObservableGauge, error) {
	c := metric.NewInt64ObservableGaugeConfig(opts...)
	_, err := m.scope.sdk.Int64ObservableGauge(name, opts...)
	i := m.scope.instrument(sdkmetric.InstrumentKindObservableGauge, name, c.Description(), c.Unit())
	o := int64ObservableOf(m.scope, i, c.Callbacks())
	return int64ObservableGauge{observable: o}, err
}

func (m *meter) Float64ObservableCounter(
	name string, opts ...metric.Float64ObservableCounterOption,
) (metric.Float64ObservableCounter, error) {
	c := metric.NewFloat64ObservableCounterConfig(opts...)
	_, err := m.scope.sdk.Float64ObservableCounter(name, opts...)
	i := m.scope.instrument(sdkmetric.InstrumentKindObservableCounter, name, c.Description(), c.Unit())
	o := float64ObservableOf(m.scope, i, c.Callbacks())
	return float64ObservableCounter{observable: o}, err
}

func (m *meter) Float64ObservableUpDownCounter(
	name string, opts ...metric.Float64ObservableUpDownCounterOption,
) (metric.Float64ObservableUpDownCounter, error) {
	c := metric.NewFloat64ObservableUpDownCounterConfig(opts...)
	_, err := m.scope.sdk.Float64ObservableUpDownCounter(name, opts...)
	i := m.scope.instrument(sdkmetric.InstrumentKindObservableUpDownCounter, name, c.Description(), c.Unit())
	o := float64ObservableOf(m.scope, i, c.Callbacks())
	return float64ObservableUpDownCounter{observable: o}, err
}

func (m *meter) Float64ObservableGauge(
	name string, opts ...metric.Float64ObservableGaugeOption,
) (metric.Float64ObservableGauge, error) {
	c := metric.NewFloat64ObservableGaugeConfig(opts...)
	_, err := m.scope.sdk.Float64ObservableGauge(name, opts...)
	i := m.scope.instrument(sdkmetric.InstrumentKindObservableGauge, name, c.Description(), c.Unit())
	o := float64ObservableOf(m.scope, i, c.Callbacks())
	return float64ObservableGauge{observable: o}, err
}

// RegisterCallback adds a callback that every collection calls.
func (m *meter) RegisterCallback(f metric.Callback, observables ...metric.Observable) (metric.Registration, error) {
	if f == nil {
		return noop.Registration{}, errors.New("bound: RegisterCallback(nil): want a function")
	}
	return m.scope.register(f, observables)
}
