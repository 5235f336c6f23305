// SPDX-License-Identifier: Apache-2.0

package otelcache

import "sync/atomic"

// shared are those of LMCache's metrics that tiers feed and calls without a
// tier.
type shared uint8

const (
	notShared shared = iota
	localUsage
	localEvictions
	storageUsage
	remoteReads
	remoteWrites
	remoteUsage
	numShared
)

func (s shared) String() string {
	return [numShared]string{
		localUsage:     "lmcache.local_cache.usage",
		localEvictions: "lmcache.local_cpu.evictions",
		storageUsage:   "lmcache.local_storage.usage",
		remoteReads:    "lmcache.remote.read.requests",
		remoteWrites:   "lmcache.remote.write.requests",
		remoteUsage:    "lmcache.remote_cache.usage",
	}[s]
}

// feeder is who feeds a metric.
type feeder uint8

const (
	byTier feeder = iota
	byCall
	numFeeders
)

// feeders notes who feeds the shared metrics: a bit for each, and one for the
// report.
type feeders struct{ bits atomic.Uint32 }

const twiceReported = 1 << 31

// feeds notes that a shared metric is fed. It reports, once, that one is fed
// both by a tier and by a call without a tier.
func (m *Monitor) feeds(s shared, f feeder) {
	if m.ready() && len(m.tiers) > 0 {
		m.feeders.add(m, s, f)
	}
}

func (all *feeders) add(m *Monitor, s shared, f feeder) {
	first := uint32(1) << (uint32(s) * uint32(numFeeders))
	bit, both := first<<f, first<<byTier|first<<byCall
	if all.bits.Load()&bit != 0 {
		return
	}
	if now := all.bits.Or(bit) | bit; now&both == both && all.bits.Or(twiceReported)&twiceReported == 0 {
		report(countedTwice, "%s", s)
	}
}
