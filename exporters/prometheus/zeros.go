// SPDX-License-Identifier: Apache-2.0

package prometheus

import "github.com/lmcache-go/lmcache-otel/instruments"

// LMCache exposes every series from the start, before anything happened: dashboards rely on it.

// idleValue is what LMCache shows of a number that nothing was said about yet: 0, except that an interval in which nothing was
// retrieved counts as one in which everything was.
func idleValue(m instruments.Metric) float64 {
	if m.Name == instruments.RetrieveHitRate.String() {
		return 1
	}
	return 0
}
