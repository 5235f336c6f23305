// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
)

// mistake is a kind of misuse. Each has a rate limit of its own, so that a
// frequent one does not hide a rare one.
type mistake uint8

const (
	finishedTwice mistake = iota
	finishedTooLate
	phaseTooLate
	wrongPhase
	claimTooLate
	wrongTimes
	negative
	tooManyHits
	callbackFailed
	otherProvider
	countedTwice
	numMistakes
)

func (k mistake) String() string {
	return [numMistakes]string{
		finishedTwice:   "an operation was finished again, which is ignored",
		finishedTooLate: "an operation of a tier ended when it had been abandoned after ten minutes, which is ignored",
		phaseTooLate:    "a phase was used after its operation had finished, which is ignored",
		wrongPhase:      "a phase does not belong to this operation and is ignored",
		claimTooLate:    "hits, misses or skipped tokens of an operation that had finished are ignored",
		wrongTimes:      "times that cannot be are treated as absent",
		negative:        "a negative number is taken as 0",
		tooManyHits:     "more tokens were hit than requested, and those above are left out",
		callbackFailed:  "a gauge callback failed and its reading is left out",
		otherProvider:   "GetOrCreate asks for another meter provider than the engine's monitor has, which is ignored",
		countedTwice:    "a tier and calls without a tier feed the same of LMCache's metrics, which count twice",
	}[k]
}

// reportMisuse reports a mistake to the host's error handler.
func (m *Monitor) reportMisuse(k mistake, detail string) {
	skipped, ok := m.mistakes[k].allow(m.now())
	if !ok {
		return
	}
	err := fmt.Errorf("%w: %s: %s", ErrMisuse, k, detail)
	if skipped > 0 {
		err = fmt.Errorf("%w (and %d more since the last report)", err, skipped)
	}
	otel.Handle(err)
}

// nonNegative returns n, or 0 for a negative n, which it reports.
func (m *Monitor) nonNegative(n int64, where string) int64 {
	if n < 0 {
		m.reportMisuse(negative, fmt.Sprintf("%d in %s", n, where))
		return 0
	}
	return n
}

// nonNegativeTime returns d, or 0 for a negative d, which it reports.
func (m *Monitor) nonNegativeTime(d time.Duration, where string) time.Duration {
	if d < 0 {
		m.reportMisuse(negative, fmt.Sprintf("%v in %s", d, where))
		return 0
	}
	return d
}

// protect calls code of the host, such as a sink, whose panic must not take the
// process down.
func protect(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			otel.Handle(fmt.Errorf("otelcache: %s panicked: %v", what, r))
		}
	}()
	f()
}
