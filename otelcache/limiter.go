// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync"
	"time"
)

const quietTime = 10 * time.Second // as in LMCache, between two messages of a kind

// limiter lets a number of messages through in quietTime and counts those that it
// holds back. The zero value is ready.
type limiter struct {
	mu      sync.Mutex
	began   time.Time // the first message that passed and those after it
	passed  int
	skipped int64
}

// allow reports whether one more message may pass, of at most so many in
// quietTime, and if so how many were held back since the last one that did.
func (l *limiter) allow(most int) (skipped int64, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := now.Sub(l.began); age < 0 || age >= quietTime { // it goes back where package testing/synctest begins
		l.began, l.passed = now, 0
	}
	if l.passed == most {
		l.skipped++
		return 0, false
	}
	l.passed++
	skipped, l.skipped = l.skipped, 0
	return skipped, true
}

// skip counts messages that did not get where they should.
func (l *limiter) skip(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipped += n
}
