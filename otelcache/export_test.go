// SPDX-License-Identifier: Apache-2.0

package otelcache

import "runtime"

// What tests need of the state that a process has once.

// WaitForMessages waits until the host's error handler and loggers have all that
// there is for them.
func WaitForMessages() {
	for {
		messages.mu.Lock()
		draining := messages.draining
		messages.mu.Unlock()
		if !draining {
			return
		}
		runtime.Gosched()
	}
}

// ForgetReports lets reports of every kind pass again, and forgets the types of
// errors.
func ForgetReports() {
	WaitForMessages()
	for k := range reportLimits {
		reportLimits[k].mu.Lock()
		reportLimits[k].passed, reportLimits[k].skipped = 0, 0
		reportLimits[k].mu.Unlock()
	}
	errorTypes.known.Store(nil)
}

// SelfTelemetry is what the process has counted of itself.
type SelfTelemetry struct {
	Reports                                       map[string]int64 // by the texts of their kinds
	TextsRepaired, ReportsDropped, HandlersFailed int64
}

// CountSince returns what was counted since earlier.
func (earlier SelfTelemetry) CountSince() SelfTelemetry {
	now := SelfTelemetry{
		Reports:        map[string]int64{},
		TextsRepaired:  self.textsRepaired.Load() - earlier.TextsRepaired,
		ReportsDropped: self.reportsDropped.Load() - earlier.ReportsDropped,
		HandlersFailed: self.handlersFailed.Load() - earlier.HandlersFailed,
	}
	for k := range self.reports {
		text := reportTable[k].text
		if n := self.reports[k].Load() - earlier.Reports[text]; n != 0 {
			now.Reports[text] = n
		}
	}
	return now
}
