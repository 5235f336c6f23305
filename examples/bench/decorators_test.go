// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// Telemetry as llm-d has it around its index: a decorator for traces around a
// decorator for metrics around the cache, and the same around what the cache
// calls in each phase. Each decorator has the clock read for itself: the one for
// traces by its span, if that records. Metrics are client_golang's, with labels
// resolved once.

// kvCache is what the decorators are around, and what they are.
type kvCache interface {
	lookup(context.Context, work) (hits int)
	retrieve(context.Context, work) (hits int)
	store(context.Context, work)
	transfer(context.Context, work)
}

// backend does what a cache does in one phase.
type backend interface {
	do(context.Context, phase, work)
}

type phase int

const (
	retrieveTokens phase = iota
	retrieveBroadcast
	retrieveToGPU
	storeTokens
	storeFromGPU
	storePut
	numPhases
)

// phases has the name of each phase, and the step of the work that it does.
var phases = [numPhases]struct {
	name string
	step int
}{
	retrieveTokens:    {"process_tokens", 1},
	retrieveBroadcast: {"broadcast", 2},
	retrieveToGPU:     {"to_gpu", 3},
	storeTokens:       {"process_tokens", 1},
	storeFromGPU:      {"from_gpu", 2},
	storePut:          {"put", 3},
}

type plainBackend struct{}

func (plainBackend) do(_ context.Context, p phase, w work) { w.do(phases[p].step) }

type plainCache struct{ backend backend }

func (c plainCache) lookup(_ context.Context, w work) int {
	w.do(0)
	return w.hits
}

func (c plainCache) retrieve(ctx context.Context, w work) int {
	c.backend.do(ctx, retrieveTokens, w)
	c.backend.do(ctx, retrieveBroadcast, w)
	c.backend.do(ctx, retrieveToGPU, w)
	return w.hits
}

func (c plainCache) store(ctx context.Context, w work) {
	c.backend.do(ctx, storeTokens, w)
	c.backend.do(ctx, storeFromGPU, w)
	c.backend.do(ctx, storePut, w)
}

func (c plainCache) transfer(_ context.Context, w work) { w.do(0) }

type meteredBackend struct {
	next   backend
	phases [numPhases]prometheus.Observer
}

func (b *meteredBackend) do(ctx context.Context, p phase, w work) {
	start := time.Now()
	b.next.do(ctx, p, w)
	b.phases[p].Observe(time.Since(start).Seconds())
}

type meteredCache struct {
	next kvCache
	*clientGolang
}

func (c meteredCache) lookup(ctx context.Context, w work) int {
	start := time.Now()
	c.lookupRequests.Inc()
	c.lookupRequested.Add(float64(w.tokens))
	hits := c.next.lookup(ctx, w)
	c.lookupHits.Add(float64(hits))
	if missed := w.tokens - hits; missed > 0 {
		c.lookupMissed.Add(float64(missed))
	}
	c.lookupDuration.Observe(time.Since(start).Seconds())
	if hits == 0 {
		c.lookupZeroHit.Inc()
	} else {
		c.lookupHitRate.Observe(float64(hits) / float64(w.tokens))
	}
	return hits
}

func (c meteredCache) retrieve(ctx context.Context, w work) int {
	start := time.Now()
	c.retrieveRequests.Inc()
	c.retrieveRequested.Add(float64(w.tokens))
	hits := c.next.retrieve(ctx, w)
	elapsed := time.Since(start).Seconds()
	c.retrieveHits.Add(float64(hits))
	c.retrieveDuration.Observe(elapsed)
	if hits > 0 {
		c.retrieveSpeed.Observe(float64(hits) / elapsed)
	}
	return hits
}

func (c meteredCache) store(ctx context.Context, w work) {
	start := time.Now()
	c.storeRequests.Inc()
	c.next.store(ctx, w)
	elapsed := time.Since(start).Seconds()
	c.clientGolang.storeTokens.Add(float64(w.tokens))
	c.storeDuration.Observe(elapsed)
	c.storeSpeed.Observe(float64(w.tokens) / elapsed)
}

func (c meteredCache) transfer(ctx context.Context, w work) {
	start := time.Now()
	c.transferRequests.Inc()
	c.transferTokens.Add(float64(w.tokens))
	c.next.transfer(ctx, w)
	elapsed := time.Since(start).Seconds()
	c.transferDuration.Observe(elapsed)
	c.transferSpeed.Observe(float64(w.tokens) / elapsed)
}

type tracedBackend struct {
	next backend
	tracer
}

func (b tracedBackend) do(ctx context.Context, p phase, w work) {
	ctx, span := b.Start(ctx, phases[p].name, b.identity)
	defer span.End()
	b.next.do(ctx, p, w)
}

type tracedCache struct {
	next kvCache
	tracer
}

// tracer is a tracer and the options of all its spans.
type tracer struct {
	trace.Tracer
	identity trace.SpanStartOption
}

func (c tracedCache) lookup(ctx context.Context, w work) int {
	ctx, span := c.Start(ctx, "lmcache.lookup", c.identity)
	defer span.End()
	hits := c.next.lookup(ctx, w)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Int("lmcache.tokens.hit", hits),
			attribute.Float64("lmcache.hit_rate", float64(hits)/float64(w.tokens)),
		)
	}
	return hits
}

func (c tracedCache) retrieve(ctx context.Context, w work) int {
	start := time.Now()
	ctx, span := c.Start(ctx, "lmcache.retrieve", c.identity)
	defer span.End()
	hits := c.next.retrieve(ctx, w)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Int("lmcache.tokens.hit", hits),
			attribute.Float64("lmcache.hit_rate", float64(hits)/float64(w.tokens)),
			attribute.Float64("lmcache.speed", float64(hits)/time.Since(start).Seconds()),
		)
	}
	return hits
}

func (c tracedCache) store(ctx context.Context, w work) {
	start := time.Now()
	ctx, span := c.Start(ctx, "lmcache.store", c.identity)
	defer span.End()
	c.next.store(ctx, w)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Int("lmcache.tokens.stored", w.tokens),
			attribute.Float64("lmcache.speed", float64(w.tokens)/time.Since(start).Seconds()),
		)
	}
}

func (c tracedCache) transfer(ctx context.Context, w work) {
	start := time.Now()
	ctx, span := c.Start(ctx, "lmcache.p2p_transfer", clientKind, c.identity)
	defer span.End()
	c.next.transfer(ctx, w)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.String("lmcache.p2p.peer", "peer"),
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Float64("lmcache.speed", float64(w.tokens)/time.Since(start).Seconds()),
		)
	}
}

var clientKind = trace.WithSpanKind(trace.SpanKindClient)

// decorated is a decorated cache whose callers want its telemetry alone.
type decorated struct{ kvCache }

func (d decorated) lookup(ctx context.Context, w work) { d.kvCache.lookup(ctx, w) }

func (d decorated) retrieve(ctx context.Context, w work) { d.kvCache.retrieve(ctx, w) }

func openDecorators(_ testing.TB, out outputs, engines []otelcache.Engine) []requests {
	all := make([]requests, len(engines))
	for i, metrics := range newClientGolang(out.registry, engines) {
		tracer := tracer{
			out.tracerProvider.Tracer(instruments.ScopeName, trace.WithInstrumentationVersion(otelcache.Version)),
			trace.WithAttributes(identityOf(engines[i])...),
		}
		observers := [numPhases]prometheus.Observer{
			retrieveTokens:    metrics.retrieveTokens,
			retrieveBroadcast: metrics.retrieveBroadcast,
			retrieveToGPU:     metrics.retrieveToGPU,
			storeTokens:       metrics.storeProcessTokens,
			storeFromGPU:      metrics.storeFromGPU,
			storePut:          metrics.storePut,
		}
		cache := plainCache{tracedBackend{&meteredBackend{plainBackend{}, observers}, tracer}}
		all[i] = decorated{tracedCache{meteredCache{cache, metrics}, tracer}}
	}
	return all
}
