// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// reportKind is what a report to the host's error handler is about. Each kind has
// a rate limit of its own in the process, so that a frequent one does not hide a
// rare one.
type reportKind uint8

// Misuses, in the order of the values of [instruments.MisuseKindKey].
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
	numMisuses
)

// Failures of the host, in the order of the values of [instruments.HostPartKey].
const (
	errorTypeFailed = iota + numMisuses
	sinkFailed
	loggerFailed
	callbackRefused
	errorHandlerFailed // which nobody can be told
	numReportKinds
)

var (
	misuses  = [numMisuses]instruments.Value(instruments.OTelMisuse.Metric().Attributes[0].Values)
	failures = [numReportKinds - numMisuses]instruments.Value(instruments.OTelHostFailures.Metric().Attributes[0].Values)
)

func (k reportKind) isMisuse() bool { return k < numMisuses }

func (k reportKind) String() string {
	if k.isMisuse() {
		return misuses[k].Description
	}
	return failures[k-numMisuses].Description
}

// mostParts is how many parts of the host may be reported at once. Each is
// reported once until it works again.
const mostParts = 8

// most returns how many reports there are at most in quietTime.
func (k reportKind) most() int {
	if k < callbackFailed {
		return 1
	}
	return mostParts
}

// count counts one more, whether or not it is reported.
func (k reportKind) count() {
	if !k.isMisuse() {
		self.countAs(instruments.OTelHostFailures, int(k-numMisuses))
		return
	}
	self.countAs(instruments.OTelMisuse, int(k))
	switch k {
	case wrongTimes, wrongNumber, unpinnedTooMany:
		self.count(instruments.OTelRefusedValues)
	}
}

var reportLimits [numReportKinds]limiter

// report tells the host's error handler, from another goroutine. It reports
// whether the host will get to know: not if there are too many reports.
func report(k reportKind, format string, args ...any) bool {
	k.count()
	limit := &reportLimits[k]
	skipped, ok := limit.allow(k.most())
	if !ok {
		return false
	}
	text := k.String() + ": " + spanText.clean(fmt.Sprintf(format, args...))
	if skipped > 0 {
		text += fmt.Sprintf(" (and %d more since the last report)", skipped)
	}
	err := fmt.Errorf("otelcache: %s", text)
	if k.isMisuse() {
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
		k.count()
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
