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
	in     *observed
	engine Engine
	index  int    // of the gauge
	gauge  string // for people
	value  func() float64
	part
}

// observed holds the callbacks of a monitor or of a tier. Readers get a slice that
// never changes.
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
	}
	return m.observed.add(m, gauge.Index(), gauge.String(), value)
}

// add adds a callback of the monitor m.
func (o *observed) add(m *Monitor, index int, gauge string, value func() float64) (*Observation, error) {
	switch {
	case value == nil:
		return nil, invalid("Observe %s with a nil callback: want a function", gauge)
	case m.closed.Load():
		return nil, fmt.Errorf("%w: observe %s", ErrClosed, gauge)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, other := range o.callbacks {
		if other.index == index {
			return nil, fmt.Errorf("%w: %s; unregister it first", ErrObserved, gauge)
		}
	}
	added := &Observation{in: o, engine: m.engine, index: index, gauge: gauge, value: value}
	o.callbacks = append(slices.Clone(o.callbacks), added)
	return added, nil
}

// Unregister ends the callback. A collection that is under way may call it once
// more. Unregister may be called more than once and from the callback itself.
func (o *Observation) Unregister() {
	if o == nil || o.in == nil {
		return
	}
	o.in.mu.Lock()
	defer o.in.mu.Unlock()
	is := func(other *Observation) bool { return other == o }
	o.in.callbacks = slices.DeleteFunc(slices.Clone(o.in.callbacks), is)
}

// read calls the callback; ok is false when it returned no reading.
func (o *Observation) read() (v float64, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			o.failed(callbackFailed, "%s of %+v: panic: %v", o.gauge, o.engine, r)
			v, ok = 0, false
		}
	}()
	v = o.value()
	if math.IsNaN(v) || math.IsInf(v, 0) {
		o.failed(callbackFailed, "%s of %+v: %v is not a finite number", o.gauge, o.engine, v)
		return 0, false
	}
	o.worked()
	return v, true
}
