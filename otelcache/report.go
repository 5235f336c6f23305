// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel"
)

// reportKind is what a report to the host's error handler is about. Each kind has
// a rate limit of its own in the process, so that a frequent one does not hide a
// rare one.
type reportKind uint8

const (
	finishedTwice reportKind = iota
	phaseTooLate
	wrongPhase
	wrongTimes
	wrongNumber
	unpinnedTooMany
	tooManyHits
	tooManyErrorTypes
	textRepaired
	otherProvider
	callbackFailed
	errorTypeFailed
	sinkFailed
	loggerFailed
	callbackRefused
	numReportKinds
)

// reportRow describes a kind of report.
type reportRow struct {
	text   string
	misuse bool // it is the caller's mistake, and wraps ErrMisuse
	most   int  // reports in quietTime
}

// mostParts is how many parts of the host may be reported at once. Each is
// reported once until it works again.
const mostParts = 8

var reportTable = [numReportKinds]reportRow{
	finishedTwice:     {"an operation was finished again, which is ignored", true, 1},
	phaseTooLate:      {"a phase was used after its operation had finished, which is ignored", true, 1},
	wrongPhase:        {"a phase does not belong to this operation and is ignored", true, 1},
	wrongTimes:        {"times that cannot be are treated as absent", true, 1},
	wrongNumber:       {"a number that cannot be is left out", true, 1},
	unpinnedTooMany:   {"more objects were unpinned than are pinned, which is left out", true, 1},
	tooManyHits:       {"more tokens were hit than requested, and the hit rate is taken as 1", true, 1},
	tooManyErrorTypes: {"there are too many types of errors, and another counts as _OTHER", true, 1},
	textRepaired:      {"a name is made valid UTF-8 or cut", true, 1},
	otherProvider:     {"GetOrCreate asks for another meter provider than the engine's monitor has, which is ignored", true, 1},
	callbackFailed:    {"a gauge callback failed and its readings are left out", true, mostParts},
	errorTypeFailed:   {"the function of WithErrorType panicked and the type is that of the error", false, mostParts},
	sinkFailed:        {"a sink of statistics panicked", false, mostParts},
	loggerFailed:      {"the logger panicked", false, mostParts},
	callbackRefused:   {"the meter provider refuses the callback of the observable instruments", false, mostParts},
}

var reportLimits [numReportKinds]limiter

// report tells the host's error handler, from another goroutine. It reports
// whether the host will get to know: not if there are too many reports.
func report(k reportKind, format string, args ...any) bool {
	self.reports[k].Add(1)
	row, limit := &reportTable[k], &reportLimits[k]
	skipped, ok := limit.allow(row.most)
	if !ok {
		return false
	}
	text := row.text + ": " + spanText.clean(fmt.Sprintf(format, args...))
	if skipped > 0 {
		text += fmt.Sprintf(" (and %d more since the last report)", skipped)
	}
	err := fmt.Errorf("otelcache: %s", text)
	if row.misuse {
		err = fmt.Errorf("%w: %s", ErrMisuse, text)
	}
	if !messages.post(func() { otel.Handle(err) }) {
		limit.skip(skipped + 1)
		return false
	}
	return true
}

// part is a function of the host that may fail again and again, such as a sink. It
// is reported once until it works again.
type part struct{ reported atomic.Bool }

func (p *part) failed(k reportKind, format string, args ...any) {
	if p.reported.Load() {
		self.reports[k].Add(1)
		reportLimits[k].skip(1)
		return
	}
	p.reported.Store(report(k, format, args...))
}

func (p *part) worked() {
	if p.reported.Load() {
		p.reported.Store(false)
	}
}

// call calls the part, whose panic it reports.
func (p *part) call(k reportKind, f func()) {
	defer func() {
		if r := recover(); r != nil {
			p.failed(k, "%v", r)
		}
	}()
	f()
	p.worked()
}
