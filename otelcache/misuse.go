// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"

	"go.opentelemetry.io/otel"
)

// mistake is a kind of misuse; each has a limit of its own, so that a frequent one does not hide a rare one.
type mistake uint8

const (
	finishedTwice mistake = iota
	phaseTooLate
	wrongPhase
	timesReversed
	negative
	tooManyHits
	callbackFailed
	numMistakes
)

func (k mistake) String() string {
	return [numMistakes]string{
		finishedTwice:  "an operation was finished again, which is ignored",
		phaseTooLate:   "a phase was used after its request had finished, which is ignored",
		wrongPhase:     "a phase does not belong to this operation and is ignored",
		timesReversed:  "a phase ends before it starts and is ignored",
		negative:       "a negative number is taken as 0",
		tooManyHits:    "more tokens were hit than requested, and the hit rate is taken as 1",
		callbackFailed: "a gauge callback failed and its reading is left out",
	}[k]
}

// protect calls code of the host, such as a sink, whose panic must not take the process down.
func protect(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			otel.Handle(fmt.Errorf("otelcache: %s panicked: %v", what, r))
		}
	}()
	f()
}

// misused reports a mistake to the host's error handler.
func (m *Monitor) misused(k mistake, detail string) {
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

// natural returns n, or 0 for a negative n, which it reports.
func (m *Monitor) natural(n int64, what string) int64 {
	if n < 0 {
		m.misused(negative, fmt.Sprintf("%s is %d", what, n))
		return 0
	}
	return n
}

// hitTokens returns the number of hit tokens of an operation that requested so many. It is not corrected when it is larger: only the host knows
// which of the two is wrong.
func (o *operation) hitTokens(n int) int64 {
	hits := int64(n)
	if hits < 0 {
		return o.mon.natural(hits, "number of hit tokens of "+o.kind.span)
	}
	if hits > o.tokens {
		o.mon.misused(tooManyHits, fmt.Sprintf("%d of %d in %s", hits, o.tokens, o.kind.span))
	}
	return hits
}
