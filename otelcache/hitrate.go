// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync"
	"sync/atomic"
	"time"
)

// hitRate gives the share of hit in requested tokens of the last completed interval. Intervals follow one another
// from the start of the monitor.
//
// It keeps no sums of its own: it remembers how far the monitor's counters were when the current interval began. The first event or
// reader of a new interval closes the old one; from then on its rate is fixed, whoever asks. A request that
// finishes in the instant of the change may fall on either side; none is lost.
type hitRate struct {
	counters        *counters
	requested, hits counterID
	length          time.Duration

	current atomic.Int64 // number of the interval in progress

	mu              sync.Mutex // taken once an interval by events
	startRequested  int64      // counters at the start of the current interval
	startHits       int64
	rate            float64 // of the interval before the current one
	finishedRequest bool    // whether that interval had a request
}

// enter makes sure that the interval of now is the current one. It has to be called before an event is counted.
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
		return // somebody else was faster
	}
	requested, hits := h.counters.sum(h.requested), h.counters.sum(h.hits)
	// Had there been a request after the interval that ends here, it would have rolled: a gap was idle.
	h.finishedRequest = n == previous+1 && requested > h.startRequested
	if h.finishedRequest {
		h.rate = ratio(hits-h.startHits, requested-h.startRequested)
	}
	h.startRequested, h.startHits = requested, hits
	h.current.Store(n)
}

// last returns the rate of the last completed interval; ok is false when no request with tokens finished in it.
func (h *hitRate) last(now time.Duration) (rate float64, ok bool) {
	h.enter(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rate, h.finishedRequest
}
