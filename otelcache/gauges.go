// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"math"
	"sync/atomic"
)

// lastValue is a gauge that may be unset. Its zero value is unset.
type lastValue struct {
	bits  atomic.Uint64 // stored before set
	isSet atomic.Bool
}

func (v *lastValue) set(f float64) {
	v.bits.Store(math.Float64bits(f))
	v.isSet.Store(true)
}

// load returns 0 and false for a value that is unset.
func (v *lastValue) load() (f float64, ok bool) {
	return math.Float64frombits(v.bits.Load()), v.isSet.Load()
}
