// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Retrieve brings cached tokens back to where the model needs them. It is
// finished once, with Finish or Fail. Its methods are safe for concurrent use;
// those of the zero Retrieve do nothing.
type Retrieve struct{ *operation }

var retrieveKind = newKind(kind{
	span:         "lmcache.retrieve",
	requests:     instruments.RetrieveRequests,
	requested:    instruments.RetrieveRequestedTokens,
	moved:        instruments.RetrieveHitTokens,
	rate:         retrieveRate,
	failures:     instruments.RetrieveFailures,
	cancelled:    instruments.RetrieveCancelled,
	hitsOf:       func(l *layout) int { return l.retrieveHits },
	duration:     instruments.RetrieveDuration,
	slow:         true,
	speed:        instruments.RetrieveSpeed,
	phases:       phasesOf(func(p phaseRow) instruments.Histogram { return p.retrieve }),
	requestedKey: instruments.RequestedTokensKey,
	movedKey:     instruments.HitTokensKey,
	hitRateKey:   instruments.HitRateKey,
	speedKey:     instruments.SpeedKey,
})

// retrieveContext is a retrieve and the context that carries it in one object,
// their only allocation. The span's context is made from it, so that a span
// processor or an exemplar filter finds the retrieve, too.
type retrieveContext struct {
	context.Context
	operation operation
}

type retrieveKey struct{}

// Value gives the retrieve to RetrieveFromContext.
func (c *retrieveContext) Value(key any) any {
	if _, ok := key.(retrieveKey); ok {
		return Retrieve{&c.operation}
	}
	return c.Context.Value(key)
}

// String names the context as package context names its own. Without it,
// printing a context would read a retrieve that is in progress.
func (c *retrieveContext) String() string {
	if parent, ok := c.Context.(fmt.Stringer); ok {
		return parent.String() + ".WithRetrieve"
	}
	return fmt.Sprintf("%T.WithRetrieve", c.Context)
}

// StartRetrieve starts a retrieve of numTokens tokens: it counts the request and
// the tokens, and starts the span lmcache.retrieve. Use the returned context for
// what the retrieve does: it carries the span, and the retrieve for
// [RetrieveFromContext].
func (m *Monitor) StartRetrieve(ctx context.Context, numTokens int) (context.Context, Retrieve) {
	if !m.ready() {
		return orBackground(ctx), Retrieve{}
	}
	c := &retrieveContext{Context: orBackground(ctx)}
	return c.operation.begin(c, m, &retrieveKind, numTokens), Retrieve{&c.operation}
}

// RetrieveFromContext returns the retrieve that ctx was made by, or the zero
// Retrieve. Code far from the request, such as a storage backend, uses it to add
// a phase.
func RetrieveFromContext(ctx context.Context) Retrieve {
	if ctx == nil {
		return Retrieve{}
	}
	r, _ := ctx.Value(retrieveKey{}).(Retrieve)
	return r
}

// Hit says that so many of the tokens came from a tier of [WithTiers]. Say it once
// the data is there: tokens that one tier failed to give and another gave are the
// other's. Hits are counted when the retrieve finishes: no more than Finish says,
// near tiers first, and what no tier claims as one of "_OTHER".
func (r Retrieve) Hit(tier string, tokens int) { r.claimHit(tier, tokens) }

// Finish ends the retrieve with the number of tokens retrieved. It records the
// duration, the speed (tokens per second of the whole retrieve) and the time of
// each phase, and warns of a slow retrieve.
func (r Retrieve) Finish(hitTokens int) { r.finish(int64(hitTokens)) }
