// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"math"
	"sync/atomic"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// gaugeID is the place of a gauge that events set in a monitor.
type gaugeID uint8

const (
	localCacheUsage gaugeID = iota
	remoteCacheUsage
	localStorageUsage
	memoryActiveObjects
	remotePingLatency
	remotePingErrorCode
	numGauges
)

var gaugeMetrics = [numGauges]instruments.Gauge{
	localCacheUsage:     instruments.LocalCacheUsage,
	remoteCacheUsage:    instruments.RemoteCacheUsage,
	localStorageUsage:   instruments.LocalStorageUsage,
	memoryActiveObjects: instruments.MemoryActiveObjects,
	remotePingLatency:   instruments.RemotePingLatency,
	remotePingErrorCode: instruments.RemotePingErrorCode,
}

// lastValue is a value that may be unset. Its zero value is unset.
type lastValue struct {
	bits atomic.Uint64 // of the value, flipped so that unset is 0 and no finite value is
}

var unset = math.Float64bits(math.NaN())

func (v *lastValue) set(f float64) { v.bits.Store(math.Float64bits(f) ^ unset) }

// load returns 0 and false for a value that is unset.
func (v *lastValue) load() (f float64, ok bool) {
	bits := v.bits.Load()
	if bits == 0 {
		return 0, false
	}
	return math.Float64frombits(bits ^ unset), true
}
