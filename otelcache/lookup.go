// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Lookup asks how many of a prompt's tokens the cache holds. Its methods are safe for concurrent use; it is finished once, with Finish or
// Fail.
type Lookup struct{ operation }

var lookupKind = operationKind{span: "lmcache.lookup", times: []distributionID{lookupDuration, lookupRequestHitRate}}

// StartLookup starts a lookup of numTokens tokens: it counts the request and the tokens, and starts the span lmcache.lookup. Use the
// returned context for what the lookup does.
func (m *Monitor) StartLookup(ctx context.Context, numTokens int) (context.Context, *Lookup) {
	l := new(Lookup) // small enough to be inlined, so that the caller may keep it on its stack
	return m.startLookup(ctx, l, numTokens), l
}

func (m *Monitor) startLookup(ctx context.Context, l *Lookup, numTokens int) context.Context {
	l.tokens = m.natural(int64(numTokens), "number of tokens of a lookup")
	m.counters.add(lookupRequests, 1)
	m.counters.add(lookupRequestedTokens, l.tokens)
	return l.begin(ctx, m, &lookupKind)
}

// Finish ends the lookup with the number of tokens found, and records its duration and hit rate.
func (l *Lookup) Finish(hitTokens int) {
	now, elapsed, ok := l.end()
	if !ok {
		return
	}
	m, hits := l.mon, l.hitTokens(hitTokens)
	m.countFinishedLookup(now, l.tokens, hits)
	l.recordElapsed(lookupDuration, elapsed)
	rate := ratio(hits, l.tokens)
	if hits == 0 {
		m.counters.add(lookupZeroHitRequests, 1)
	} else if rate > 0 {
		m.record(l.ctx, lookupRequestHitRate, rate)
	}
	if l.recording {
		l.span.SetAttributes(
			instruments.RequestedTokensKey.Int64(l.tokens),
			instruments.HitTokensKey.Int64(hits),
			instruments.HitRateKey.Float64(rate),
		)
	}
	l.endSpan()
}

// Fail ends the lookup with an error: it counts in the hit rate as a lookup without hits, and its duration carries error.type natively.
func (l *Lookup) Fail(err error) {
	l.setRequestedTokens()
	if now, ok := l.fail(err, lookupDuration); ok {
		l.mon.countFinishedLookup(now, l.tokens, 0)
	}
}

// ratio returns part/whole, and 0 when there is no whole. It is at most 1: a request may say that it hit more than it asked for, and one that
// finishes between the readings of two sums over time may be in one of them only.
func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return min(float64(part)/float64(whole), 1)
}
