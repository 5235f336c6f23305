// SPDX-License-Identifier: Apache-2.0

package otelcache

import "time"

// ratio returns part/whole, and 0 when there is no whole. It is at most 1: a
// request may claim more hits than it asked for, and of two sums that are read
// one after another, only one may have the newest request.
func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return min(float64(part)/float64(whole), 1)
}

// perSecond returns the speed of n in elapsed, and 0 when no time passed.
func perSecond(n int64, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(n) / elapsed.Seconds()
}
