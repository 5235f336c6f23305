// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// AllTokens tells [Store.Finish] that as many tokens were stored as the store
// was started with.
const AllTokens = -1

// Store puts tokens into the cache. It is finished once, with Finish or Fail. Its
// methods are safe for concurrent use; those of the zero Store do nothing.
type Store struct{ *operation }

var storeKind = newKind(kind{
	span:         "lmcache.store",
	requests:     instruments.StoreRequests,
	moved:        instruments.StoreTokens,
	failures:     instruments.StoreFailures,
	cancelled:    instruments.StoreCancelled,
	duration:     instruments.StoreDuration,
	speed:        instruments.StoreSpeed,
	phases:       phasesOf(func(p phaseRow) instruments.Histogram { return p.store }),
	requestedKey: instruments.RequestedTokensKey,
	movedKey:     instruments.StoredTokensKey,
	speedKey:     instruments.SpeedKey,
})

// StartStore starts a store of numTokens tokens: it counts the request and
// starts the span lmcache.store. Use the returned context for what the store does.
func (m *Monitor) StartStore(ctx context.Context, numTokens int) (context.Context, Store) {
	o := new(operation) // inlined, so that the caller may keep it on its stack
	return o.begin(ctx, m, &storeKind, numTokens), Store{o}
}

// Finish ends the store with the number of tokens stored, or [AllTokens]. It
// counts the tokens, and records the duration, the speed (tokens per second of
// the whole store) and the time of each phase.
func (s Store) Finish(storedTokens int) {
	if storedTokens == AllTokens {
		s.finishAll()
	} else {
		s.finish(int64(storedTokens))
	}
}
