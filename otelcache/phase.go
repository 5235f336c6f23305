// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// PhaseName names a phase of an operation.
type PhaseName uint8

// The phases. Their table says which operation has which.
const (
	// ProcessTokens turns tokens into cache keys, in a retrieve or a store.
	ProcessTokens PhaseName = iota
	// Broadcast sends memory objects to the other workers, in a retrieve.
	Broadcast
	// ToGPU copies KV cache to the GPU, in a retrieve.
	ToGPU
	// RemoteBatchedGet waits for a batched get of the remote backend, in a
	// retrieve.
	RemoteBatchedGet
	// ConnectorBatchedGet is a batched get inside the remote connector, in a
	// retrieve.
	ConnectorBatchedGet
	// FromGPU copies KV cache from the GPU, in a store.
	FromGPU
	// Put hands KV cache to the storage backends, in a store.
	Put

	numPhases
)

// phaseRow has the span of a phase, and the histogram of its time in each
// operation that has it.
type phaseRow struct {
	span            string
	retrieve, store instruments.Histogram
}

var phaseTable = [numPhases]phaseRow{
	ProcessTokens:       {"process_tokens", instruments.RetrieveProcessTokensDuration, instruments.StoreProcessTokensDuration},
	Broadcast:           {span: "broadcast", retrieve: instruments.RetrieveBroadcastDuration},
	ToGPU:               {span: "to_gpu", retrieve: instruments.RetrieveToGPUDuration},
	RemoteBatchedGet:    {span: "remote_batched_get", retrieve: instruments.RetrieveRemoteBatchedGetDuration},
	ConnectorBatchedGet: {span: "connector_batched_get", retrieve: instruments.RetrieveConnectorBatchedGetDuration},
	FromGPU:             {span: "from_gpu", store: instruments.StoreFromGPUDuration},
	Put:                 {span: "put", store: instruments.StorePutDuration},
}

// phasesOf returns the histograms of an operation's phases.
func phasesOf(operation func(phaseRow) instruments.Histogram) (phases [numPhases]instruments.Histogram) {
	for name, row := range phaseTable {
		phases[name] = operation(row)
	}
	return phases
}

// String returns the name of the phase's span.
func (n PhaseName) String() string {
	if n < numPhases {
		return phaseTable[n].span
	}
	if names := hostPhaseNames(); int(n-numPhases) < len(names) {
		return names[n-numPhases]
	}
	return fmt.Sprintf("unknown phase %d", uint8(n))
}

// Phase is a phase in progress. It belongs to one goroutine and must not be
// copied after its first use. It is ended once: a second End, and methods of the
// zero Phase, do nothing.
type Phase struct {
	// Exactly four words, so that StartPhase returns it in registers; a fifth word
	// costs 30 ns per phase (TestPhaseStaysInRegisters). span is a pointer to the
	// interface because escape analysis assumes that interface methods retain
	// their receiver, and would move every Store to the heap.
	of    *operation  // nil once it has ended
	span  *trace.Span // nil when the operation does not record
	start time.Duration
	name  PhaseName
}

// StartPhase starts a phase of the operation. Use the returned context for what
// the phase does: spans made with it nest under the phase. Phases may nest,
// overlap and run in several goroutines; the times of one that is entered again
// add up. When no trace records the operation, the phase has no span, but its time
// counts; neither has one beyond the thirty-second of an operation.
func (o *operation) StartPhase(ctx context.Context, name PhaseName) (context.Context, Phase) {
	if o.isNone() {
		return orBackground(ctx), Phase{}
	}
	if ctx == nil {
		ctx = o.ctx
	}
	if !o.mayHave(name) {
		return ctx, Phase{}
	}
	p := Phase{of: o, name: name}
	if o.timed {
		p.start = o.mon.now()
	}
	if o.arena != nil {
		ctx, p.span = o.startPhaseSpan(ctx, name)
	}
	return ctx, p
}

// mayHave reports whether a phase of that name belongs to the operation, which
// has not finished. If not, it reports the misuse.
func (o *operation) mayHave(name PhaseName) bool {
	if !o.kind.has(name) {
		report(wrongPhase, "%s in %s", name, o.kind.span)
		return false
	}
	if o.done.Load() {
		report(phaseTooLate, "start of %s in %s", name, o.kind.span)
		return false
	}
	return true
}

func (o *operation) startPhaseSpan(ctx context.Context, name PhaseName) (context.Context, *trace.Span) {
	if !o.arena.take() {
		return ctx, nil
	}
	ctx, span := o.mon.tracer.Start(o.parentOf(ctx), name.String())
	span.SetAttributes(o.mon.attrs...)
	return ctx, o.arena.keep(span)
}

// parentOf returns ctx if it carries a span of the operation's, so that phases
// can nest. If it carries none, or only the caller's because the operation was
// started with it, parentOf puts the operation's span into it.
func (o *operation) parentOf(ctx context.Context) context.Context {
	current, own := trace.SpanContextFromContext(ctx), o.span.SpanContext()
	caller := trace.SpanContextFromContext(o.arena.caller)
	if current.TraceID() == own.TraceID() && current.SpanID() != caller.SpanID() {
		return ctx
	}
	return trace.ContextWithSpan(ctx, o.span)
}

// SetBytes adds the number of bytes that the phase moved to its span.
func (p *Phase) SetBytes(n int64) { p.setNumber(instruments.BytesKey, n) }

// SetChunks adds the number of chunks that the phase handled to its span.
func (p *Phase) SetChunks(n int) { p.setNumber(instruments.ChunksKey, int64(n)) }

func (p *Phase) setNumber(key attribute.Key, n int64) {
	if p != nil && p.span != nil && isNumber(n, string(key)) {
		(*p.span).SetAttributes(key.Int64(n))
	}
}

// SetAttributes adds attributes to the phase's span; they do not reach metrics.
// Their lengths are limited as those of an operation's.
func (p *Phase) SetAttributes(attrs ...attribute.KeyValue) {
	if p != nil && p.span != nil {
		(*p.span).SetAttributes(spanText.attributes(attrs)...)
	}
}

// End ends the phase. Its time is recorded when the operation finishes. Time that
// is still running then is not counted.
func (p *Phase) End() {
	if p == nil || p.of == nil {
		return
	}
	o := p.of
	p.of = nil
	var elapsed time.Duration
	if o.timed {
		elapsed = o.mon.now() - p.start
	}
	if p.span != nil {
		(*p.span).End()
	}
	if o.done.Load() {
		report(phaseTooLate, "end of %s in %s", p.name, o.kind.span)
		return
	}
	o.addTime(p.name, elapsed)
}

func (o *operation) addTime(name PhaseName, d time.Duration) {
	if name < numPhases {
		addUpTo(&o.times[name], int64(d))
	} else {
		addUpTo(&o.needExtra().hostTimes[name-numPhases], int64(d))
	}
}

// RecordPhase adds a phase that was timed elsewhere, such as by the events of a
// device. It adds up with others of the same name. Times that cannot be are
// reported and recorded nowhere: an unset one, an end before its start, more than a
// day, more than a minute in the future.
func (o *operation) RecordPhase(name PhaseName, start, end time.Time) {
	if o.isNone() || !o.mayHave(name) {
		return
	}
	if !areTimes(start, end, name.String()+" in "+o.kind.span) {
		return
	}
	o.recordPhase(name, start, end)
}

func (o *operation) recordPhase(name PhaseName, start, end time.Time) {
	if o.arena != nil && o.arena.take() {
		_, span := o.mon.tracer.Start(trace.ContextWithSpan(o.ctx, o.span), name.String(), trace.WithTimestamp(start))
		span.SetAttributes(o.mon.attrs...)
		span.End(trace.WithTimestamp(end))
	}
	o.addTime(name, end.Sub(start))
}
