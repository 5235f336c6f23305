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
