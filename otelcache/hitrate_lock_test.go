// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"testing"
	"time"
)

// TestHitRateRollsUnderItsLock holds the lock as one that closes an interval does.
// Others that want to close it wait, and find it closed: a second one would take
// the interval for one without requests. It looks inside because the two would
// have to meet within nanoseconds.
func TestHitRateRollsUnderItsLock(t *testing.T) {
	const requested, hit = 0, 1
	sums := newStriped(2)
	var h hitRate
	h.start(&sums, requested, hit, time.Second)
	h.finish(0, 4)
	sums.add(hit, 3)

	h.mu.Lock()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		h.finish(time.Second, 4)
	}()
	select {
	case <-finished:
		t.Error("a request closed the interval while another was at it")
	case <-time.After(100 * time.Millisecond):
	}
	if n := sums.sum(requested); n != 4 {
		t.Errorf("%d tokens were counted before the interval was closed, want the 4 of that interval", n)
	}
	h.mu.Unlock()
	<-finished
	if rate, ok := h.last(time.Second); rate != 0.75 || !ok {
		t.Errorf("the rate is %v, %t, want 0.75", rate, ok)
	}
}
