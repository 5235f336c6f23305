// SPDX-License-Identifier: Apache-2.0

package otelcache

import "sync/atomic"

// self counts what this package does to what its callers say, for the life of the
// process and for all of its monitors together.
var self selfTelemetry

type selfTelemetry struct {
	// reports has all that happened, whether or not it was reported. Of these,
	// wrongTimes, wrongNumber and unpinnedTooMany are values that were refused.
	reports        [numReportKinds]atomic.Int64
	textsRepaired  atomic.Int64 // texts that were no valid UTF-8 or too long
	reportsDropped atomic.Int64 // reports and warnings for which the queue had no room
	handlersFailed atomic.Int64 // panics of the host's error handler
}
