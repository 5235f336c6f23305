// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Observation is a callback that feeds a gauge, until it is unregistered. The nil
// and the zero Observation do nothing.
type Observation struct {
	mon   *Monitor
	gauge instruments.ObservableGauge
	value func() float64
	part
}

// observed holds the callbacks of a monitor. Readers get a slice that never
// changes.
type observed struct {
	mu        sync.Mutex
	callbacks []*Observation
}

func (o *observed) all() []*Observation {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.callbacks
}

// Observe lets value feed a gauge of the catalog, such as
// [instruments.LocalCPUHotCacheEntries]: each collection of each reader calls it,
// possibly from several goroutines at once. It returns the gauge's value in its
// unit. It should be quick, and must not wait for a collection.
//
// A callback that panics or returns NaN or an infinity loses that one reading. It
// is reported to [otel.Handle] once until it works again. A callback may make and
// close monitors and observe and unregister gauges, those of its own provider too.
// One that does not return holds up the collection, and nothing else.
//
// The errors are [ErrInvalidOption] for a nil callback or the zero gauge,
// [ErrObserved] when the gauge has a callback already, and [ErrClosed]. The nil
// and the zero Monitor return a nil Observation without an error.
func (m *Monitor) Observe(gauge instruments.ObservableGauge, value func() float64) (*Observation, error) {
	switch {
	case !m.ready():
		return nil, nil
	case gauge == instruments.ObservableGauge{}:
		return nil, invalid("Observe the zero ObservableGauge: want one of package instruments")
	case value == nil:
		return nil, invalid("Observe %s with a nil callback: want a function", gauge)
	case m.closed.Load():
		return nil, fmt.Errorf("%w: observe %s", ErrClosed, gauge)
	}
	m.observed.mu.Lock()
	defer m.observed.mu.Unlock()
	for _, o := range m.observed.callbacks {
		if o.gauge == gauge {
			return nil, fmt.Errorf("%w: %s; unregister it first", ErrObserved, gauge)
		}
	}
	o := &Observation{mon: m, gauge: gauge, value: value}
	m.observed.callbacks = append(slices.Clone(m.observed.callbacks), o)
	return o, nil
}

// Unregister ends the callback. A collection that is under way may call it once
// more. Unregister may be called more than once and from the callback itself.
func (o *Observation) Unregister() {
	if o == nil || o.mon == nil {
		return
	}
	all := &o.mon.observed
	all.mu.Lock()
	defer all.mu.Unlock()
	all.callbacks = slices.DeleteFunc(slices.Clone(all.callbacks), func(other *Observation) bool { return other == o })
}

// read calls the callback; ok is false when it returned no reading.
func (o *Observation) read() (v float64, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			o.failed(callbackFailed, "%s of %+v: panic: %v", o.gauge, o.mon.engine, r)
			v, ok = 0, false
		}
	}()
	v = o.value()
	if math.IsNaN(v) || math.IsInf(v, 0) {
		o.failed(callbackFailed, "%s of %+v: %v is not a finite number", o.gauge, o.mon.engine, v)
		return 0, false
	}
	o.worked()
	return v, true
}
