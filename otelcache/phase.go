// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// PhaseName names a phase of a retrieve or store.
type PhaseName uint8

// The phases. ProcessTokens belongs to both a retrieve and a store; the next four to a retrieve; the last two to a store.
const (
	// ProcessTokens turns tokens into cache keys.
	ProcessTokens PhaseName = iota
	// Broadcast sends memory objects to the other workers.
	Broadcast
	// ToGPU copies KV cache to the GPU.
	ToGPU
	// RemoteBatchedGet waits for a batched get of the remote backend.
	RemoteBatchedGet
	// ConnectorBatchedGet is a batched get inside the remote connector.
	ConnectorBatchedGet
	// FromGPU copies KV cache from the GPU.
	FromGPU
	// Put hands KV cache to the storage backends.
	Put

	numPhases
)

// String returns the name of the phase's span.
func (n PhaseName) String() string {
	switch n {
	case ProcessTokens:
		return "process_tokens"
	case Broadcast:
		return "broadcast"
	case ToGPU:
		return "to_gpu"
	case RemoteBatchedGet:
		return "remote_batched_get"
	case ConnectorBatchedGet:
		return "connector_batched_get"
	case FromGPU:
		return "from_gpu"
	case Put:
		return "put"
	default:
		return fmt.Sprintf("unknown phase %d", uint8(n))
	}
}

// phases is an operation that has phases: it sums up the time of each, however often it is entered and from however
// many goroutines.
type phases struct {
	operation
	spans *phaseSpans             // nil when the request is not recording
	times [numPhases]atomic.Int64 // nanoseconds
}

// begin starts the operation, and makes room for the spans of its phases if it is recording. It returns the context that carries its span.
func (p *phases) begin(ctx context.Context, m *Monitor, kind *operationKind) context.Context {
	spanCtx := p.operation.begin(ctx, m, kind)
	if p.recording {
		p.spans = &phaseSpans{caller: trace.SpanContextFromContext(orBackground(ctx)).SpanID()}
	}
	return spanCtx
}

// Phase is a phase in progress. It belongs to one goroutine and must not be copied after its first use. It is ended once: a second End, and
// methods of the zero Phase, do nothing.
type Phase struct {
	// Four fields of a word each come back in registers; more would go through memory at each return, which costs as much as reading the
	// clock. The span is behind a pointer of its own because the compiler takes whatever Phase points to for kept by whatever the span's
	// methods may keep, and would put each Store on the heap.
	of    *phases     // nil once it has ended
	span  *trace.Span // nil when the request is not recording
	start time.Duration
	name  PhaseName
}

func (p *phases) startPhase(ctx context.Context, name PhaseName) (context.Context, Phase) {
	if ctx == nil {
		ctx = p.ctx
	}
	if name >= numPhases || p.kind.phases[name] == noDistribution {
		p.mon.misused(wrongPhase, fmt.Sprintf("%s in %s", name, p.kind.span))
		return ctx, Phase{}
	}
	if p.finished() {
		p.mon.misused(phaseTooLate, fmt.Sprintf("start of %s in %s", name, p.kind.span))
		return ctx, Phase{}
	}
	ph := Phase{of: p, name: name}
	if p.timed {
		ph.start = p.mon.now()
	}
	if p.recording {
		var span trace.Span
		ctx, span = p.mon.tracer.Start(p.parentOf(ctx), name.String())
		span.SetAttributes(p.mon.identity...)
		ph.span = p.spans.keep(span)
	}
	return ctx, ph
}

// SetBytes adds the number of bytes that the phase moved to its span.
func (p *Phase) SetBytes(n int64) {
	if p.span != nil {
		(*p.span).SetAttributes(instruments.BytesKey.Int64(n))
	}
}

// SetChunks adds the number of chunks that the phase handled to its span.
func (p *Phase) SetChunks(n int) {
	if p.span != nil {
		(*p.span).SetAttributes(instruments.ChunksKey.Int(n))
	}
}

// SetAttributes adds attributes to the phase's span; they do not reach metrics.
func (p *Phase) SetAttributes(attrs ...attribute.KeyValue) {
	if p.span != nil {
		(*p.span).SetAttributes(attrs...)
	}
}

// End ends the phase. Its time is recorded when the request finishes. Time that is still running when the request finishes is not counted.
func (p *Phase) End() {
	if p.of == nil {
		return
	}
	of := p.of
	p.of = nil
	var elapsed time.Duration
	if of.timed {
		elapsed = of.mon.now() - p.start
	}
	if p.span != nil {
		(*p.span).End()
	}
	if of.finished() {
		of.mon.misused(phaseTooLate, fmt.Sprintf("end of %s in %s", p.name, of.kind.span))
		return
	}
	of.times[p.name].Add(int64(elapsed))
}

func (p *phases) recordPhase(name PhaseName, start, end time.Time) {
	switch {
	case name >= numPhases || p.kind.phases[name] == noDistribution:
		p.mon.misused(wrongPhase, fmt.Sprintf("%s in %s", name, p.kind.span))
		return
	case p.finished():
		p.mon.misused(phaseTooLate, fmt.Sprintf("%s in %s", name, p.kind.span))
		return
	case end.Before(start):
		p.mon.misused(timesReversed, fmt.Sprintf("%s in %s from %v to %v", name, p.kind.span, start, end))
		return
	}
	if p.recording {
		_, span := p.mon.tracer.Start(trace.ContextWithSpan(p.ctx, p.span), name.String(), trace.WithTimestamp(start))
		span.SetAttributes(p.mon.identity...)
		span.End(trace.WithTimestamp(end))
	}
	p.times[name].Add(int64(end.Sub(start)))
}

// recordTimes records the total of each phase that took any time.
func (p *phases) recordTimes() {
	for name := range p.times {
		p.recordElapsed(p.kind.phases[name], time.Duration(p.times[name].Load()))
	}
}
