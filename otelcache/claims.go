// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// claims are the tokens that a host says were hit in a tier, missed or skipped for
// a reason. They are published when the operation ends, when it is known how many
// tokens there are to claim.
type claims struct {
	made   atomic.Bool // stored after tokens
	tokens [maxClaims]atomic.Int64
}

const (
	firstMiss = maxTiers + 1 // of a lookup's claims; those of tiers come first
	maxClaims = firstMiss + int(numMissReasons)
)

// claim adds tokens to a claim of an operation that has not ended.
func (o *operation) claim(i, tokens int, what string) {
	if o.done.Load() {
		report(claimTooLate, "%s in %s", what, o.kind.span)
		return
	}
	if tokens != 0 && isNumber(int64(tokens), o.kind.span) {
		addUpTo(&o.claims.tokens[i], int64(tokens))
		if !o.claims.made.Load() {
			o.claims.made.Store(true)
		}
	}
}

// claimHit adds tokens that were hit in a tier.
func (o *operation) claimHit(tier string, tokens int) {
	if !o.isNone() {
		o.claim(o.mon.layout.tier(tier), tokens, "hit")
	}
}

// claimMiss adds tokens that were missed for a reason.
func (o *operation) claimMiss(reason MissReason, tokens int) {
	if !o.isNone() {
		o.claim(firstMiss+int(min(reason, otherReason)), tokens, "miss")
	}
}

// claimSkip adds tokens that were skipped for a reason.
func (o *operation) claimSkip(reason SkipReason, tokens int) {
	if !o.isNone() {
		o.claim(int(min(reason, otherSkip)), tokens, "skip")
	}
}

// share divides a total among n claims from the first on, in their order, and
// calls count with the share of each. What is left goes to rest.
func (o *operation) share(first, n, rest int, total int64, count func(i int, tokens int64)) {
	if o.claims.made.Load() {
		for i := range n {
			if tokens := min(sumOf(&o.claims.tokens[first+i]), total); tokens > 0 {
				count(i, tokens)
				total -= tokens
			}
		}
	}
	if total > 0 {
		count(rest, total)
	}
}

// shareHits shares the tokens that were hit among tiers: claims of far ones give
// way to those of near ones.
func (o *operation) shareHits(hits int64, count func(tier int, tokens int64)) {
	if n := len(o.mon.layout.tiers); n > 0 {
		o.share(0, n+1, n, hits, count)
	}
}

func (o *operation) countHits(hits int64) {
	first := o.kind.hitsOf(o.mon.layout)
	o.shareHits(hits, func(tier int, tokens int64) { o.mon.counters.add(first+tier, tokens) })
}

// countMisses counts the tokens that a lookup missed; the reason is that of those
// that were not claimed.
func (o *operation) countMisses(missed int64, reason MissReason) {
	o.share(firstMiss, int(numMissReasons), int(reason), missed, func(i int, tokens int64) {
		o.mon.counters.add(o.mon.layout.missed+i, tokens)
	})
}

// countSkips counts the tokens that a store did not keep.
func (o *operation) countSkips(skipped int64, reason SkipReason) {
	o.share(0, int(numSkipReasons), int(reason), skipped, func(i int, tokens int64) {
		o.mon.counters.add(o.mon.layout.skipped+i, tokens)
	})
}

// appendHits appends the attributes of the span that have the hits by tier.
func (o *operation) appendHits(attrs []attribute.KeyValue, hits int64) []attribute.KeyValue {
	o.shareHits(hits, func(tier int, tokens int64) { attrs = append(attrs, o.mon.layout.names[tier].Int64(tokens)) })
	return attrs
}

// takeClaims takes over the claims of a lookup whose engine was not known. The
// monitors may have different tiers: their names count.
func (o *operation) takeClaims(from *operation) {
	if !from.claims.made.Load() {
		return
	}
	take := func(to, i int) { addUpTo(&o.claims.tokens[to], sumOf(&from.claims.tokens[i])) }
	for i, t := range from.mon.layout.all() {
		take(o.mon.layout.tier(t.name), i)
	}
	for i := firstMiss; i < maxClaims; i++ {
		take(i, i)
	}
	o.claims.made.Store(true)
}
