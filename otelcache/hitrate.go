// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// rateIndex is the place of a hit rate in a monitor.
type rateIndex uint8

const (
	noRate rateIndex = iota
	retrieveRate
	lookupRate
	numRates
)

var rates = [numRates]struct {
	gauge instruments.Gauge
	hits  instruments.Counter
}{
	retrieveRate: {instruments.RetrieveHitRate, instruments.RetrieveHitTokens},
	lookupRate:   {instruments.LookupHitRate, instruments.LookupHitTokens},
}

// hitRate is the share of hits in the requested tokens of the last completed
// interval. Intervals follow one another from the start of the monitor.
//
// It keeps no sums but reads the monitor's: it remembers their values at the
// start of the current interval. The first event or reader of a new interval
// closes the old one; from then on its rate is fixed for every reader. A request
// that finishes in the instant of the change may fall on either side.
type hitRate struct {
	sums           *striped
	requested, hit int // indexes of sums
	length         time.Duration

	current atomic.Int64 // number of the interval in progress

	mu             sync.Mutex // events take it once per interval
	startRequested int64      // sums at the start of the current interval
	startHit       int64
	rate           float64 // of the interval before the current one
	idle           bool    // no request finished in that interval
}

func (h *hitRate) start(sums *striped, requested, hit int, length time.Duration) {
	h.sums, h.requested, h.hit, h.length, h.idle = sums, requested, hit, length, true
}

// finish counts a finished request, whose hits are counted afterwards.
func (h *hitRate) finish(now time.Duration, requested int64) {
	h.enter(now)
	h.sums.add(h.requested, requested)
}

// enter makes the interval of now the current one.
func (h *hitRate) enter(now time.Duration) {
	if end := time.Duration(h.current.Load()+1) * h.length; now >= end {
		h.roll(int64(now / h.length))
	}
}

func (h *hitRate) roll(n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	previous := h.current.Load()
	if n <= previous {
		return // another goroutine was faster
	}
	requested, hit := h.sums.sum(h.requested), h.sums.sum(h.hit)
	// Any request would have rolled the interval, so if several intervals have
	// passed, the last was idle.
	h.idle = n != previous+1 || requested <= h.startRequested
	if !h.idle {
		h.rate = ratio(hit-h.startHit, requested-h.startRequested)
	}
	h.startRequested, h.startHit = requested, hit
	h.current.Store(n)
}

// last returns the rate of the last completed interval; ok is false when no
// request with tokens finished in it.
func (h *hitRate) last(now time.Duration) (rate float64, ok bool) {
	h.enter(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rate, !h.idle
}
