// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// byHand is the telemetry of a KV cache as a careful engineer writes it directly
// on OpenTelemetry's API: the yardstick. Instruments are made once, attribute
// sets and options once an engine. It makes the same spans and data points as
// package otelcache, which TestByHandIsEquivalent checks, and keeps no statistics.
type byHand struct {
	*byHandInstruments
	identity     []attribute.KeyValue
	spanOptions  []trace.SpanStartOption
	clientOption []trace.SpanStartOption
	add          []metric.AddOption
	addMissed    []metric.AddOption // without a reason
	record       []metric.RecordOption
}

type byHandInstruments struct {
	tracer         trace.Tracer
	counters       map[string]metric.Int64Counter // only to create the others' zeros
	upDownCounters []metric.Int64UpDownCounter    // likewise

	retrieveRequests, retrieveRequested, retrieveHits          metric.Int64Counter
	lookupRequests, lookupRequested, lookupHits, lookupZeroHit metric.Int64Counter
	lookupMissed                                               metric.Int64Counter
	storeRequests, storeTokens                                 metric.Int64Counter
	transferRequests, transferTokens                           metric.Int64Counter

	retrieveDuration, retrieveSpeed, retrieveTokens, retrieveBroadcast, retrieveToGPU metric.Float64Histogram
	lookupDuration, lookupHitRate                                                     metric.Float64Histogram
	storeDuration, storeSpeed, storeProcessTokens, storeFromGPU, storePut             metric.Float64Histogram
	transferDuration, transferSpeed                                                   metric.Float64Histogram
}

func openByHand(_ testing.TB, out outputs, engines []otelcache.Engine) []requests {
	return newByHand(out.tracerProvider, out.meterProvider(), engines)
}

func newByHand(tp trace.TracerProvider, mp metric.MeterProvider, engines []otelcache.Engine) []requests {
	shared := newByHandInstruments(tp, mp)
	all := make([]requests, len(engines))
	for i, e := range engines {
		identity := identityOf(e)
		set := metric.WithAttributeSet(attribute.NewSet(identity...))
		missed := attribute.NewSet(append(slices.Clone(identity), instruments.MissReasonKey.String(instruments.Other))...)
		h := &byHand{
			byHandInstruments: shared,
			identity:          identity,
			spanOptions:       []trace.SpanStartOption{trace.WithAttributes(identity...)},
			clientOption:      []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(identity...)},
			add:               []metric.AddOption{set},
			addMissed:         []metric.AddOption{metric.WithAttributeSet(missed)},
			record:            []metric.RecordOption{set},
		}
		for name, c := range shared.counters {
			if m, _ := instruments.Lookup(name); m.Attributes == nil {
				c.Add(context.Background(), 0, h.add...)
			}
		}
		for _, c := range shared.upDownCounters {
			c.Add(context.Background(), 0, h.add...)
		}
		all[i] = h
	}
	return all
}

func identityOf(e otelcache.Engine) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("gen_ai.request.model", e.ModelName),
		attribute.String("lmcache.worker.id", e.WorkerID),
		attribute.String("lmcache.role", e.Role),
		attribute.String("lmcache.served_model.name", e.ServedModelName),
	}
}

func newByHandInstruments(tp trace.TracerProvider, mp metric.MeterProvider) *byHandInstruments {
	meter := mp.Meter(instruments.ScopeName, metric.WithInstrumentationVersion(otelcache.Version))
	h := &byHandInstruments{
		tracer:   tp.Tracer(instruments.ScopeName, trace.WithInstrumentationVersion(otelcache.Version)),
		counters: map[string]metric.Int64Counter{},
	}
	histograms := map[string]metric.Float64Histogram{}
	for _, m := range instruments.All() {
		if m.Process || m.Kind == instruments.KindUpDownCounter && m.Attributes != nil {
			continue
		}
		unit, desc := metric.WithUnit(m.Unit), metric.WithDescription(m.Description)
		switch m.Kind {
		case instruments.KindCounter:
			h.counters[m.Name], _ = meter.Int64Counter(m.Name, unit, desc)
		case instruments.KindUpDownCounter:
			c, _ := meter.Int64UpDownCounter(m.Name, unit, desc)
			h.upDownCounters = append(h.upDownCounters, c)
		case instruments.KindHistogram:
			bounds := metric.WithExplicitBucketBoundaries(m.Bounds...)
			histograms[m.Name], _ = meter.Float64Histogram(m.Name, unit, desc, bounds)
		}
	}
	h.retrieveRequests = h.counters["lmcache.retrieve.requests"]
	h.retrieveRequested = h.counters["lmcache.retrieve.requested_tokens"]
	h.retrieveHits = h.counters["lmcache.retrieve.hit_tokens"]
	h.lookupRequests = h.counters["lmcache.lookup.requests"]
	h.lookupRequested = h.counters["lmcache.lookup.requested_tokens"]
	h.lookupHits = h.counters["lmcache.lookup.hit_tokens"]
	h.lookupZeroHit = h.counters["lmcache.lookup.zero_hit_requests"]
	h.lookupMissed = h.counters["lmcache.lookup.missed_tokens"]
	h.storeRequests = h.counters["lmcache.store.requests"]
	h.storeTokens = h.counters["lmcache.store.tokens"]
	h.transferRequests = h.counters["lmcache.p2p.transfer.requests"]
	h.transferTokens = h.counters["lmcache.p2p.transfer.tokens"]
	h.retrieveDuration = histograms["lmcache.retrieve.duration"]
	h.retrieveSpeed = histograms["lmcache.retrieve.speed"]
	h.retrieveTokens = histograms["lmcache.retrieve.process_tokens.duration"]
	h.retrieveBroadcast = histograms["lmcache.retrieve.broadcast.duration"]
	h.retrieveToGPU = histograms["lmcache.retrieve.to_gpu.duration"]
	h.lookupDuration = histograms["lmcache.lookup.duration"]
	h.lookupHitRate = histograms["lmcache.lookup.request_hit_rate"]
	h.storeDuration = histograms["lmcache.store.duration"]
	h.storeSpeed = histograms["lmcache.store.speed"]
	h.storeProcessTokens = histograms["lmcache.store.process_tokens.duration"]
	h.storeFromGPU = histograms["lmcache.store.from_gpu.duration"]
	h.storePut = histograms["lmcache.store.put.duration"]
	h.transferDuration = histograms["lmcache.p2p.transfer.duration"]
	h.transferSpeed = histograms["lmcache.p2p.transfer.speed"]
	return h
}

func (h *byHand) lookup(ctx context.Context, w work) {
	start := time.Now()
	ctx, span := h.tracer.Start(ctx, "lmcache.lookup", h.spanOptions...)
	h.lookupRequests.Add(ctx, 1, h.add...)
	h.lookupRequested.Add(ctx, int64(w.tokens), h.add...)
	w.do(0)
	h.lookupHits.Add(ctx, int64(w.hits), h.add...)
	if missed := w.tokens - w.hits; missed > 0 {
		h.lookupMissed.Add(ctx, int64(missed), h.addMissed...)
	}
	rate := float64(w.hits) / float64(w.tokens)
	h.lookupDuration.Record(ctx, time.Since(start).Seconds(), h.record...)
	if w.hits == 0 {
		h.lookupZeroHit.Add(ctx, 1, h.add...)
	} else {
		h.lookupHitRate.Record(ctx, rate, h.record...)
	}
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Int("lmcache.tokens.hit", w.hits),
			attribute.Float64("lmcache.hit_rate", rate),
		)
	}
	span.End()
}

func (h *byHand) phase(ctx context.Context, name string, w work, step int) time.Duration {
	start := time.Now()
	_, span := h.tracer.Start(ctx, name)
	if span.IsRecording() {
		span.SetAttributes(h.identity...)
	}
	w.do(step)
	span.End()
	return time.Since(start)
}

func (h *byHand) retrieve(ctx context.Context, w work) {
	start := time.Now()
	ctx, span := h.tracer.Start(ctx, "lmcache.retrieve", h.spanOptions...)
	h.retrieveRequests.Add(ctx, 1, h.add...)
	h.retrieveRequested.Add(ctx, int64(w.tokens), h.add...)
	processTokens := h.phase(ctx, "process_tokens", w, 1)
	broadcast := h.phase(ctx, "broadcast", w, 2)
	toGPU := h.phase(ctx, "to_gpu", w, 3)
	elapsed := time.Since(start)
	h.retrieveHits.Add(ctx, int64(w.hits), h.add...)
	speed := float64(w.hits) / elapsed.Seconds()
	h.retrieveDuration.Record(ctx, elapsed.Seconds(), h.record...)
	if w.hits > 0 {
		h.retrieveSpeed.Record(ctx, speed, h.record...)
	}
	h.retrieveTokens.Record(ctx, processTokens.Seconds(), h.record...)
	h.retrieveBroadcast.Record(ctx, broadcast.Seconds(), h.record...)
	h.retrieveToGPU.Record(ctx, toGPU.Seconds(), h.record...)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Int("lmcache.tokens.hit", w.hits),
			attribute.Float64("lmcache.hit_rate", float64(w.hits)/float64(w.tokens)),
			attribute.Float64("lmcache.speed", speed),
		)
	}
	span.End()
}

func (h *byHand) store(ctx context.Context, w work) {
	start := time.Now()
	ctx, span := h.tracer.Start(ctx, "lmcache.store", h.spanOptions...)
	h.storeRequests.Add(ctx, 1, h.add...)
	processTokens := h.phase(ctx, "process_tokens", w, 1)
	fromGPU := h.phase(ctx, "from_gpu", w, 2)
	put := h.phase(ctx, "put", w, 3)
	elapsed := time.Since(start)
	h.storeTokens.Add(ctx, int64(w.tokens), h.add...)
	speed := float64(w.tokens) / elapsed.Seconds()
	h.storeDuration.Record(ctx, elapsed.Seconds(), h.record...)
	h.storeSpeed.Record(ctx, speed, h.record...)
	h.storeProcessTokens.Record(ctx, processTokens.Seconds(), h.record...)
	h.storeFromGPU.Record(ctx, fromGPU.Seconds(), h.record...)
	h.storePut.Record(ctx, put.Seconds(), h.record...)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Int("lmcache.tokens.stored", w.tokens),
			attribute.Float64("lmcache.speed", speed),
		)
	}
	span.End()
}

func (h *byHand) transfer(ctx context.Context, w work) {
	start := time.Now()
	ctx, span := h.tracer.Start(ctx, "lmcache.p2p_transfer", h.clientOption...)
	h.transferRequests.Add(ctx, 1, h.add...)
	h.transferTokens.Add(ctx, int64(w.tokens), h.add...)
	if span.IsRecording() {
		span.SetAttributes(attribute.String("lmcache.p2p.peer", "peer"))
	}
	w.do(0)
	elapsed := time.Since(start)
	speed := float64(w.tokens) / elapsed.Seconds()
	h.transferDuration.Record(ctx, elapsed.Seconds(), h.record...)
	h.transferSpeed.Record(ctx, speed, h.record...)
	if span.IsRecording() {
		span.SetAttributes(
			attribute.Int("lmcache.tokens.requested", w.tokens),
			attribute.Float64("lmcache.speed", speed),
		)
	}
	span.End()
}
