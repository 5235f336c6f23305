// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// registration is a callback that every collection calls until it is
// unregistered.
type registration struct {
	noop.Registration

	scope    *scope
	callback metric.Callback
	observes map[*source]bool
	ended    atomic.Bool
}

// register adds a callback. The errors are observables of other meters; the
// callback is registered for the remaining ones, if a view keeps one of them.
func (s *scope) register(f metric.Callback, observables []metric.Observable) (metric.Registration, error) {
	r := &registration{scope: s, callback: f, observes: map[*source]bool{}}
	var errs []error
	kept := false
	for _, o := range observables {
		own, ok := o.(interface{ from() *source })
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("bound: RegisterCallback with a %T, want instruments of the same meter", o))
		case own.from().scope != s:
			errs = append(errs, fmt.Errorf("bound: RegisterCallback with %s of another meter, want one of this meter",
				own.from().name))
		default:
			r.observes[own.from()] = true
			kept = kept || !own.from().dropped
		}
	}
	if kept {
		p := s.producer
		p.mu.Lock()
		defer p.mu.Unlock()
		p.registrations = append(slices.Clip(p.registrations), r)
	}
	return r, errors.Join(errs...)
}

// Unregister ends the callback. It does not wait for a call in progress, whose
// observations still count, and may be called from the callback itself.
func (r *registration) Unregister() error {
	r.ended.Store(true)
	p := r.scope.producer
	p.mu.Lock()
	defer p.mu.Unlock()
	isThis := func(other *registration) bool { return other == r }
	p.registrations = slices.DeleteFunc(slices.Clone(p.registrations), isThis)
	return nil
}

// observe calls the callback for a collection.
func (r *registration) observe(ctx context.Context, c *collection) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("bound: a callback panicked: %v", v)
		}
	}()
	if r.ended.Load() {
		return nil
	}
	return r.callback(ctx, observer{scope: r.scope, registration: r, collection: c})
}

// observer takes the observations of one callback for one collection.
type observer struct {
	noop.Observer

	// scope is the first pointer because package otelcache takes that for the
	// identity of the reader. Readers cannot be told apart here.
	scope        *scope
	registration *registration
	collection   *collection
}

func (o observer) ObserveInt64(instrument metric.Int64Observable, v int64, opts ...metric.ObserveOption) {
	own, _ := instrument.(interface{ own() *observable[int64] })
	observe(o, own, v, opts)
}

func (o observer) ObserveFloat64(instrument metric.Float64Observable, v float64, opts ...metric.ObserveOption) {
	own, _ := instrument.(interface{ own() *observable[float64] })
	observe(o, own, v, opts)
}

func observe[N int64 | float64](
	o observer, instrument interface{ own() *observable[N] }, v N, opts []metric.ObserveOption,
) {
	if instrument == nil {
		otel.Handle(errors.New("bound: lost an observation of a foreign instrument, want one of the callback's"))
		return
	}
	own := instrument.own()
	if !o.registration.observes[own.from()] {
		otel.Handle(fmt.Errorf("bound: lost an observation of %s, want an instrument of the callback's", own.name))
		return
	}
	config := metric.NewObserveConfig(opts)
	for _, s := range own.streams {
		s.observe(o.collection, v, config.Attributes())
	}
}
