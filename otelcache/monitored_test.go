// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// monitored is the telemetry as this package does it.
type monitored struct{ *otelcache.Monitor }

func (m monitored) lookup(ctx context.Context, w work) {
	_, l := m.StartLookup(ctx, w.tokens)
	w.do(0)
	l.Finish(w.hits)
}

func (m monitored) retrieve(ctx context.Context, w work) {
	ctx, r := m.StartRetrieve(ctx, w.tokens)
	_, p := r.StartPhase(ctx, otelcache.ProcessTokens)
	w.do(1)
	p.End()
	_, p = r.StartPhase(ctx, otelcache.Broadcast)
	w.do(2)
	p.End()
	_, p = r.StartPhase(ctx, otelcache.ToGPU)
	w.do(3)
	p.End()
	r.Finish(w.hits)
}

func (m monitored) store(ctx context.Context, w work) {
	ctx, s := m.StartStore(ctx, w.tokens)
	_, p := s.StartPhase(ctx, otelcache.ProcessTokens)
	w.do(1)
	p.End()
	_, p = s.StartPhase(ctx, otelcache.FromGPU)
	w.do(2)
	p.End()
	_, p = s.StartPhase(ctx, otelcache.Put)
	w.do(3)
	p.End()
	s.Finish(otelcache.AllTokens)
}

func (m monitored) transfer(ctx context.Context, w work) {
	_, t := m.StartTransfer(ctx, w.tokens, "peer")
	w.do(0)
	t.Finish()
}
