// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// layout says where a series keeps the counters that have attributes beside the
// engine's: one sum for each combination of values, behind the sums that every
// series has. Monitors with the same tiers share one.
type layout struct {
	tiers []Tier
	names []attribute.Key // of the hit tokens of each tier and the other, on spans
	sets  [][]attribute.KeyValue
	sums  []brokenDown

	// The first of the sums of each counter. The next ones are those of the other
	// tiers, in their order, or reasons.
	lookupHits, retrieveHits int
	missed, skipped          int
}

// brokenDown is a sum of a counter that has attributes beside the engine's.
type brokenDown struct {
	counter int // its index
	set     int // of attributes
}

var noTiers = newLayout(nil)

func newLayout(tiers []Tier) *layout {
	l := &layout{tiers: tiers}
	var byTier, byMiss, bySkip [][]attribute.KeyValue
	for _, t := range append(slices.Clone(tiers), otherTier) {
		byTier = append(byTier, t.attributes())
		l.names = append(l.names, instruments.HitTokensOf(t.name))
	}
	for _, reason := range missReasons {
		byMiss = append(byMiss, []attribute.KeyValue{instruments.MissReasonKey.String(reason)})
	}
	for _, reason := range skipReasons {
		bySkip = append(bySkip, []attribute.KeyValue{instruments.SkipReasonKey.String(reason)})
	}
	tier, miss, skip := l.add(byTier), l.add(byMiss), l.add(bySkip)
	l.lookupHits = l.sumsOf(instruments.LookupTierHitTokens, tier, len(byTier))
	l.retrieveHits = l.sumsOf(instruments.RetrieveTierHitTokens, tier, len(byTier))
	l.missed = l.sumsOf(instruments.LookupMissedTokens, miss, len(byMiss))
	l.skipped = l.sumsOf(instruments.StoreSkippedTokens, skip, len(bySkip))
	return l
}

// add adds sets of attributes and returns the place of the first.
func (l *layout) add(sets [][]attribute.KeyValue) (first int) {
	first = len(l.sets)
	l.sets = append(l.sets, sets...)
	return first
}

// sumsOf adds the sums of a counter for so many sets and returns the place of the
// first.
func (l *layout) sumsOf(c instruments.Counter, firstSet, n int) (first int) {
	first = ownSums + len(l.sums)
	for i := range n {
		l.sums = append(l.sums, brokenDown{c.Index(), firstSet + i})
	}
	return first
}

// tier returns the place of a tier in the order of their declaration, and that of
// the other for a name that was not declared.
func (l *layout) tier(name string) int {
	for i := range l.tiers {
		if l.tiers[i].name == name {
			return i
		}
	}
	return len(l.tiers)
}

// startsAtZero reports whether a sum is observed before anything was added: where
// tiers are declared, all but those of the other tier.
func (l *layout) startsAtZero(i int) bool {
	return len(l.tiers) > 0 && l.sums[i].set != len(l.tiers)
}

// nameOf returns the tier or the reason that a sum is for: the value of its first
// attribute.
func (l *layout) nameOf(b brokenDown) string { return l.sets[b.set][0].Value.AsString() }
