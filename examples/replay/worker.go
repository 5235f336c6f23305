// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"

	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// worker serves one request after another, as the worker of an engine does. It is for one goroutine.
type worker struct {
	*run
	tracer trace.Tracer
	hasher hasher
	gpu    *gpu
}

func newWorker(r *run) *worker {
	tracer := r.tracers.Tracer("github.com/lmcache-go/lmcache-otel/examples/replay")
	return &worker{run: r, tracer: tracer, gpu: newGPU(blockTokens * r.bytesPerToken)}
}

// serve looks a prompt's prefix up, retrieves what is cached of it and stores the rest.
func (w *worker) serve(ctx context.Context, number int, q request) {
	id := "request-" + strconv.Itoa(number)
	ctx, span := w.tracer.Start(ctx, "request", trace.WithAttributes(instruments.RequestIDKey.String(id)))
	defer span.End()
	w.mon.AddEnginePromptTokens(q.inputTokens)

	cached := w.lookup(ctx, id, q)
	if q.tokensOf(cached) > 0 {
		cached = w.retrieve(ctx, id, q, cached)
	}
	if q.inputTokens > q.tokensOf(cached) {
		w.store(ctx, id, q, cached)
	}
}

// lookup returns how many of the prompt's first blocks are cached. Where a tier cannot be asked, the answer is what the others have.
func (w *worker) lookup(ctx context.Context, id string, q request) int {
	ctx, lookup := w.mon.StartLookup(ctx, q.inputTokens)
	lookup.SetRequestID(id)
	n, err := w.cache.prefix(ctx, w.hasher.keys(q.blocks))
	if err != nil {
		w.warn.add("lookup", err)
		if n == 0 {
			lookup.Fail(err)
			return 0
		}
	}
	lookup.Finish(q.tokensOf(n))
	return n
}

// retrieve copies the prompt's first n blocks to the GPU and returns how many of them came: all, unless another worker's blocks have
// pushed one out of the cache since the lookup, or a tier failed.
func (w *worker) retrieve(ctx context.Context, id string, q request, n int) int {
	ctx, retrieve := w.mon.StartRetrieve(ctx, q.tokensOf(n))
	retrieve.SetRequestID(id)

	_, phase := retrieve.StartPhase(ctx, otelcache.ProcessTokens)
	keys := w.hasher.keys(q.blocks[:n])
	phase.SetChunks(n)
	phase.End()

	blocks, err := w.cache.get(ctx, keys)

	_, phase = retrieve.StartPhase(ctx, otelcache.ToGPU)
	loaded, bytes := 0, int64(0)
	for _, b := range blocks {
		if damage := w.gpu.load(b.block); damage != nil {
			err = w.cache.damaged(b, damage)
			break
		}
		w.hits.add(b.tier, q.tokensOf(loaded+1)-q.tokensOf(loaded))
		loaded++
		bytes += int64(len(b.data))
	}
	phase.SetChunks(loaded)
	phase.SetBytes(bytes)
	phase.End()

	if err != nil {
		w.warn.add("retrieve", err)
		if loaded == 0 {
			retrieve.Fail(err)
			return 0
		}
	}
	retrieve.Finish(q.tokensOf(loaded))
	return loaded
}

// store puts the blocks of the prompt after the first n into the cache.
func (w *worker) store(ctx context.Context, id string, q request, n int) {
	ctx, store := w.mon.StartStore(ctx, q.inputTokens-q.tokensOf(n))
	store.SetRequestID(id)

	_, phase := store.StartPhase(ctx, otelcache.ProcessTokens)
	keys := w.hasher.keys(q.blocks[n:])
	phase.SetChunks(len(keys))
	phase.End()

	_, phase = store.StartPhase(ctx, otelcache.FromGPU)
	blocks := make([]block, len(keys))
	bytes := int64(0)
	for i, k := range keys {
		tokens := min(q.tokensOf(n+i+1)-q.tokensOf(n+i), blockTokens)
		blocks[i] = w.gpu.save(k, tokens*w.bytesPerToken)
		bytes += int64(len(blocks[i].data))
	}
	phase.SetChunks(len(blocks))
	phase.SetBytes(bytes)
	phase.End()

	pctx, phase := store.StartPhase(ctx, otelcache.Put)
	held, err := w.cache.put(pctx, blocks)
	phase.SetChunks(len(blocks))
	phase.SetBytes(bytes)
	phase.End()

	stored := 0
	for i := range held {
		if held[i] {
			stored += q.tokensOf(n+i+1) - q.tokensOf(n+i)
		}
	}
	if err != nil {
		w.warn.add("store", err)
		if stored == 0 {
			store.Fail(err)
			return
		}
	}
	store.Finish(stored)
}
