// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"math"
	"sync/atomic"
	"time"
)

const (
	// mostAtOnce is the largest number that a caller may give. Larger ones are no
	// longer exact as float64, which gauges, pages and backends have.
	mostAtOnce = 1 << 53
	// longest is the longest time of an operation, a phase or a call that a caller
	// may give. What a monitor times itself may be longer.
	longest = 24 * time.Hour
	// longestIdle is the longest time that a chunk may be idle.
	longestIdle = 365 * 24 * time.Hour
)

// isNumber reports whether there can be n of something. It reports the misuse if
// not: the number is left out.
func isNumber(n int64, where string) bool {
	return uint64(n) <= mostAtOnce || refuseNumber(n, where) // a negative one is larger
}

func refuseNumber(n int64, where string) bool {
	report(wrongNumber, "%d in %s: want 0 to 2^53", n, where)
	return false
}

// orUnknown returns n, or Unknown for a number that cannot be, which it reports.
func orUnknown(n int64, where string) int64 {
	if !isNumber(n, where) {
		return Unknown
	}
	return n
}

// isDuration reports whether something can take d. It reports the misuse if not:
// the time is left out.
func isDuration(d, most time.Duration, where string) bool {
	return uint64(d) <= uint64(most) || refuseDuration(d, most, where) // a negative one is larger
}

func refuseDuration(d, most time.Duration, where string) bool {
	report(wrongTimes, "%v in %s: want 0 to %v", d, where, most)
	return false
}

// addUpTo adds n, which is not negative, to a sum that stays at the largest int64
// when it would overflow. Read the sum with sumOf.
func addUpTo(sum *atomic.Int64, n int64) {
	if sum.Add(n) < 0 {
		sum.Store(math.MaxInt64)
	}
}

// sumOf returns a sum of addUpTo. It is negative in the moment of an overflow.
func sumOf(sum *atomic.Int64) int64 {
	if n := sum.Load(); n >= 0 {
		return n
	}
	return math.MaxInt64
}
