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
	sets  []attributeSet
	sums  []brokenDown

	// The first of the sums of each counter. The next ones are those of the other
	// tiers, in their order, or reasons.
	lookupHits, retrieveHits int
	missed, skipped          int

	// What tiers do, where tiers are declared.
	tierSets                                                                    int // the first, by tier
	clears                                                                      int // by tier
	evictedKeys, evictedSize                                                    int // by evictionPlace
	operations, numOperations                                                   int // sets, by operationPlace
	started, io, tokens, operationFailures, operationsCancelled, operationsDone int // by operationPlace
}

// brokenDown is a sum of a counter that has attributes beside the engine's.
type brokenDown struct {
	counter int // its index; 0 for one that readers do not get
	set     int // of attributes
}

// attributeSet is what a measurement has beside the engine's attributes.
type attributeSet struct {
	name     string // in Stats
	attrs    []attribute.KeyValue
	fromZero bool // sums are observed before anything was added
}

// noSet is the place of the set without attributes.
const noSet = 0

var noTiers = newLayout(nil)

func newLayout(tiers []Tier) *layout {
	l := &layout{tiers: tiers, sets: make([]attributeSet, noSet+1)}
	declared := len(tiers) > 0
	var byTier, byMiss, bySkip []attributeSet
	for i, t := range l.all() {
		byTier = append(byTier, attributeSet{t.name, t.attributes(), i < len(tiers)})
		l.names = append(l.names, instruments.HitTokensOf(t.name))
	}
	for _, reason := range missReasons {
		attrs := []attribute.KeyValue{instruments.MissReasonKey.String(reason)}
		byMiss = append(byMiss, attributeSet{reason, attrs, declared})
	}
	for _, reason := range skipReasons {
		attrs := []attribute.KeyValue{instruments.SkipReasonKey.String(reason)}
		bySkip = append(bySkip, attributeSet{reason, attrs, declared})
	}
	tier, miss, skip := l.add(byTier), l.add(byMiss), l.add(bySkip)
	l.lookupHits = l.sumsOf(instruments.LookupTierHitTokens, tier, len(byTier))
	l.retrieveHits = l.sumsOf(instruments.RetrieveTierHitTokens, tier, len(byTier))
	l.missed = l.sumsOf(instruments.LookupMissedTokens, miss, len(byMiss))
	l.skipped = l.sumsOf(instruments.StoreSkippedTokens, skip, len(bySkip))
	if declared {
		l.tierSets = tier
		l.clears = l.sumsOf(instruments.TierClears, tier, len(byTier))
		l.addEvictions()
		l.addOperations()
	}
	return l
}

// all returns the tiers in their order, and the other.
func (l *layout) all() []Tier { return append(slices.Clone(l.tiers), otherTier) }

func (l *layout) addEvictions() {
	var sets []attributeSet
	for i, t := range l.all() {
		for reason := range numEvictionReasons {
			attrs := append(t.attributes(), instruments.EvictionReasonKey.String(reason.String()))
			name, fromZero := t.name+"/"+reason.String(), i < len(l.tiers) && reason == Capacity
			sets = append(sets, attributeSet{name, attrs, fromZero})
		}
	}
	first := l.add(sets)
	l.evictedKeys = l.sumsOf(instruments.TierEvictedKeys, first, len(sets))
	l.evictedSize = l.sumsOf(instruments.TierEvictedSize, first, len(sets))
}

// evictionPlace returns the place of a tier's evictions among those of all.
func evictionPlace(tier int, reason EvictionReason) int {
	return tier*int(numEvictionReasons) + int(min(reason, otherEviction))
}

func (l *layout) addOperations() {
	var sets []attributeSet
	for i, t := range l.all() {
		for kind := range numTierOperations {
			for purpose := range numPurposes {
				attrs := append(t.attributes(), instruments.TierOperationKey.String(kind.String()),
					instruments.TierPurposeKey.String(purpose.String()))
				name, fromZero := t.name+"/"+kind.String(), i < len(l.tiers) && purpose == ForRequest
				sets = append(sets, attributeSet{name, attrs, fromZero})
			}
		}
	}
	l.operations, l.numOperations = l.add(sets), len(sets)
	l.started = l.sumsOf(instruments.TierOperations, l.operations, len(sets))
	l.io = l.sumsOf(instruments.TierIO, l.operations, len(sets))
	l.tokens = l.sumsOf(instruments.TierTokens, l.operations, len(sets))
	l.operationFailures = l.sumsOf(instruments.TierOperationFailures, l.operations, len(sets))
	l.operationsCancelled = l.sumsOf(instruments.TierOperationCancelled, l.operations, len(sets))
	l.operationsDone = l.sumsOf(instruments.Counter{}, l.operations, len(sets))
}

// operationPlace returns the place of a tier's operations among those of all.
func operationPlace(tier int, kind tierOperationKind, purpose Purpose) int {
	return (tier*int(numTierOperations)+int(kind))*int(numPurposes) + int(purpose)
}

// add adds sets of attributes and returns the place of the first.
func (l *layout) add(sets []attributeSet) (first int) {
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

// inFlight returns how many operations of a place were started, and how many of
// them have not ended. It reads what has ended first, or that could be more.
func (l *layout) inFlight(place int, sum func(int) int64) (started, active int64) {
	ended := sum(l.operationsDone+place) + sum(l.operationFailures+place) + sum(l.operationsCancelled+place)
	started = sum(l.started + place)
	return started, started - ended
}
