// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

type (
	int64ObservableCounter struct {
		noop.Int64ObservableCounter
		*observable[int64]
	}
	int64ObservableUpDownCounter struct {
		noop.Int64ObservableUpDownCounter
		*observable[int64]
	}
	int64ObservableGauge struct {
		noop.Int64ObservableGauge
		*observable[int64]
	}
	float64ObservableCounter struct {
		noop.Float64ObservableCounter
		*observable[float64]
	}
	float64ObservableUpDownCounter struct {
		noop.Float64ObservableUpDownCounter
		*observable[float64]
	}
	float64ObservableGauge struct {
		noop.Float64ObservableGauge
		*observable[float64]
	}
)

// observable is what the observable instruments have in common.
type observable[N int64 | float64] struct {
	source

	streams []*observedStream[N]
}

// own finds the observable in the instrument that embeds it.
func (o *observable[N]) own() *observable[N] { return o }

// source is what a registration knows of an observable.
type source struct {
	name    string
	scope   *scope
	dropped bool // by every view
}

func (s *source) from() *source { return s }

// observedStream has the points of one collection only.
type observedStream[N int64 | float64] struct {
	*description

	kind sdkmetric.InstrumentKind
	size atomic.Int64 // points of the last collection, for which the next one makes room
}

// observableOf returns the instrument, and whether it is new.
func observableOf[N int64 | float64](scope *scope, i sdkmetric.Instrument) (o *observable[N], isNew bool) {
	descriptions := scope.producer.streamsOf(i)
	o = instrumentOf[N](scope, i, descriptions,
		func(d *description) *observedStream[N] { return &observedStream[N]{description: d, kind: i.Kind} },
		func(streams []*observedStream[N]) *observable[N] {
			isNew = true
			return &observable[N]{source{i.Name, scope, len(streams) == 0}, streams}
		})
	standard := sdkmetric.DefaultAggregationSelector(i.Kind)
	for _, d := range descriptions {
		switch d.Aggregation {
		case nil, standard, sdkmetric.AggregationDefault{}, sdkmetric.AggregationDrop{}:
		default:
			if isNew {
				otel.Handle(fmt.Errorf("bound: a view asks for %T of %s, which stays %T: want none in the view",
					d.Aggregation, i.Name, standard))
			}
		}
	}
	return o, isNew
}

// int64ObservableOf returns the instrument. Callbacks are registered with the
// first instrument of several that agree, as by the SDK.
func int64ObservableOf(scope *scope, i sdkmetric.Instrument, callbacks []metric.Int64Callback) *observable[int64] {
	o, isNew := observableOf[int64](scope, i)
	for _, f := range callbacks {
		if isNew && f != nil {
			// A gauge stands for any kind: only the observable counts.
			instrument := int64ObservableGauge{observable: o}
			_, _ = scope.register(func(ctx context.Context, observer metric.Observer) error {
				return f(ctx, int64Observer{observer: observer, instrument: instrument})
			}, []metric.Observable{instrument})
		}
	}
	return o
}

func float64ObservableOf(
	scope *scope, i sdkmetric.Instrument, callbacks []metric.Float64Callback,
) *observable[float64] {
	o, isNew := observableOf[float64](scope, i)
	for _, f := range callbacks {
		if isNew && f != nil {
			instrument := float64ObservableGauge{observable: o}
			_, _ = scope.register(func(ctx context.Context, observer metric.Observer) error {
				return f(ctx, float64Observer{observer: observer, instrument: instrument})
			}, []metric.Observable{instrument})
		}
	}
	return o
}

// int64Observer is the observer of one instrument.
type int64Observer struct {
	noop.Int64Observer

	observer   metric.Observer
	instrument metric.Int64Observable
}

func (o int64Observer) Observe(v int64, opts ...metric.ObserveOption) {
	o.observer.ObserveInt64(o.instrument, v, opts...)
}

// float64Observer is the observer of one instrument.
type float64Observer struct {
	noop.Float64Observer

	observer   metric.Observer
	instrument metric.Float64Observable
}

func (o float64Observer) Observe(v float64, opts ...metric.ObserveOption) {
	o.observer.ObserveFloat64(o.instrument, v, opts...)
}
