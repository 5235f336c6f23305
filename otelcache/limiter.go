// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync/atomic"
	"time"
)

const quietTime = 10 * time.Second // between two messages of a kind, as in LMCache

// limiter lets one message of a kind through in quietTime and counts those it
// holds back. The zero value is ready.
type limiter struct {
	next    atomic.Int64 // when the next message may pass, in monitor time
	skipped atomic.Int64
}

// allow reports whether a message may pass now, and if so how many were held
// back since the last one that passed.
func (l *limiter) allow(now time.Duration) (skipped int64, ok bool) {
	next := l.next.Load()
	if int64(now) < next || !l.next.CompareAndSwap(next, int64(now+quietTime)) {
		l.skipped.Add(1)
		return 0, false
	}
	return l.skipped.Swap(0), true
}
