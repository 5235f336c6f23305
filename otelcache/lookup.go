// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Lookup asks how many of a prompt's tokens the cache holds. It is finished
// once, with Finish or Fail. Its methods are safe for concurrent use; those of the
// zero Lookup do nothing.
type Lookup struct{ *operation }

var lookupKind = newKind(kind{
	span:         "lmcache.lookup",
	requests:     instruments.LookupRequests,
	requested:    instruments.LookupRequestedTokens,
	moved:        instruments.LookupHitTokens,
	zero:         instruments.LookupZeroHitRequests,
	rate:         lookupRate,
	failures:     instruments.LookupFailures,
	cancelled:    instruments.LookupCancelled,
	abandoned:    instruments.LookupAbandonedTokens,
	hitsOf:       func(l *layout) int { return l.lookupHits },
	misses:       true,
	duration:     instruments.LookupDuration,
	hitRate:      instruments.LookupRequestHitRate,
	requestedKey: instruments.RequestedTokensKey,
	movedKey:     instruments.HitTokensKey,
	hitRateKey:   instruments.HitRateKey,
})

// StartLookup starts a lookup of numTokens tokens: it counts the request and the
// tokens, and starts the span lmcache.lookup. Use the returned context for what
// the lookup does.
func (m *Monitor) StartLookup(ctx context.Context, numTokens int) (context.Context, Lookup) {
	o := new(operation) // inlined, so that the caller may keep it on its stack
	return o.begin(ctx, m, &lookupKind, numTokens), Lookup{o}
}

// Hit says that a tier of [WithTiers] has so many of the tokens. Hits are counted
// when the lookup ends: no more than Finish says, near tiers first, and what no
// tier claims as one of "_OTHER".
func (l Lookup) Hit(tier string, tokens int) { l.claimHit(tier, tokens) }

// Miss says why so many of the tokens were not found; tokens behind the first
// missing chunk have its reason. Misses are counted when the lookup ends: no more
// than hits leave, and what has no reason as "_OTHER". A lookup that fails misses
// all of its tokens for the reason that its error gives.
func (l Lookup) Miss(reason MissReason, tokens int) { l.claimMiss(reason, tokens) }

// Finish ends the lookup with the number of tokens found, and records its
// duration and hit rate.
func (l Lookup) Finish(hitTokens int) { l.finish(int64(hitTokens)) }
