// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// AllTokens tells [Store.Finish] that as many tokens were stored as the store was started with.
const AllTokens = -1

// Store puts tokens into the cache. Its methods are safe for concurrent use; it is finished once, with Finish or Fail.
type Store struct{ phases }

var storeKind = operationKind{
	span:  "lmcache.store",
	times: []distributionID{storeDuration, storeSpeed},
	phases: [numPhases]distributionID{
		ProcessTokens: storeProcessTokensDuration,
		FromGPU:       storeFromGPUDuration,
		Put:           storePutDuration,
	},
}

// StartStore starts a store of numTokens tokens: it counts the request and starts the span lmcache.store. Use the returned context
// for what the store does.
func (m *Monitor) StartStore(ctx context.Context, numTokens int) (context.Context, *Store) {
	s := new(Store) // small enough to be inlined, so that the caller may keep it on its stack, on 64 bits
	return m.startStore(ctx, s, numTokens), s
}

func (m *Monitor) startStore(ctx context.Context, s *Store, numTokens int) context.Context {
	s.tokens = m.natural(int64(numTokens), "number of tokens of a store")
	m.counters.add(storeRequests, 1)
	return s.begin(ctx, m, &storeKind)
}

// StartPhase starts a phase of the store; see [Retrieve.StartPhase].
func (s *Store) StartPhase(ctx context.Context, name PhaseName) (context.Context, Phase) {
	if s.mon == nil {
		return orBackground(ctx), Phase{}
	}
	return s.startPhase(ctx, name)
}

// RecordPhase adds a phase that was timed elsewhere; see [Retrieve.RecordPhase].
func (s *Store) RecordPhase(name PhaseName, start, end time.Time) {
	if s.mon == nil {
		return
	}
	s.recordPhase(name, start, end)
}

// Finish ends the store with the number of tokens stored, or [AllTokens]. It counts the tokens, and records the duration, the speed (tokens
// per second of the whole store) and the time of each phase.
func (s *Store) Finish(storedTokens int) {
	_, elapsed, ok := s.end()
	if !ok {
		return
	}
	m, stored := s.mon, int64(storedTokens)
	if storedTokens == AllTokens {
		stored = s.tokens
	}
	stored = m.natural(stored, "number of stored tokens")
	m.counters.add(storeTokens, stored)
	s.recordElapsed(storeDuration, elapsed)
	speed := s.recordSpeed(storeSpeed, stored, elapsed)
	s.recordTimes()
	if s.recording {
		s.setResult(
			instruments.RequestedTokensKey.Int64(s.tokens),
			instruments.StoredTokensKey.Int64(stored),
			instruments.SpeedKey.Float64(speed),
		)
	}
	s.endSpan()
}

// Fail ends the store with an error: no tokens are counted, and its duration carries error.type natively.
func (s *Store) Fail(err error) {
	s.setRequestedTokens()
	s.fail(err, storeDuration)
}
