// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// operation is the state of everything that starts and finishes. The nil
// operation, and one of a monitor that records nothing, have no monitor; their
// methods do nothing.
type operation struct {
	mon    *Monitor
	kind   *kind
	ctx    context.Context // carries the span, so that exemplars have its trace
	span   trace.Span      // nil when tracing is off
	arena  *spanArena      // nil when the span does not record
	start  time.Duration   // in monitor time; only if timed
	tokens int64           // requested
	times  [numPhases]atomic.Int64
	done   atomic.Bool
	timed  bool // somebody reads its duration

	requestID atomic.Pointer[string] // for the warning of a slow retrieve
}

// begin starts the operation, counts it and starts its span. It returns the
// context that carries the span.
func (o *operation) begin(ctx context.Context, m *Monitor, k *kind, tokens int) context.Context {
	if !m.ready() {
		return orBackground(ctx)
	}
	o.mon, o.kind = m, k
	o.tokens = m.nonNegative(int64(tokens), k.span)
	m.count(k.requests, 1)
	m.count(k.requested, o.tokens)
	o.ctx = orBackground(ctx)
	if m.tracer != nil {
		o.startSpan()
	}
	if o.timed = o.arena != nil || m.wantsTimes(o.ctx, k); o.timed {
		o.start = m.now()
	}
	return o.ctx
}

func (o *operation) startSpan() {
	caller := o.ctx
	o.ctx, o.span = o.mon.tracer.Start(caller, o.kind.span, o.kind.options...)
	if o.span.IsRecording() {
		o.span.SetAttributes(o.mon.attrs...)
		o.arena = &spanArena{caller: caller}
	}
}

// orBackground treats the nil context of careless callers as the background.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// wantsTimes reports whether anything reads the operation's duration. If not,
// the operation never reads the clock, which is most of its cost when telemetry
// is off.
func (m *Monitor) wantsTimes(ctx context.Context, k *kind) bool {
	if m.distributions.Load() != nil || m.slowTime > 0 || m.slowSpeed > 0 {
		return true
	}
	for _, h := range k.timed {
		if m.histogram(h).Enabled(ctx) {
			return true
		}
	}
	return false
}

// isNone reports whether o is no operation at all.
func (o *operation) isNone() bool { return o == nil || o.mon == nil }

// end marks the operation as finished. It returns its duration, or 0 if nobody
// timed it; ok is false when it had been finished before.
func (o *operation) end() (now, elapsed time.Duration, ok bool) {
	if o.isNone() {
		return 0, 0, false
	}
	if !o.done.CompareAndSwap(false, true) {
		o.mon.reportMisuse(finishedTwice, o.kind.span)
		return 0, 0, false
	}
	now = o.mon.now()
	if o.timed {
		elapsed = now - o.start
	}
	return now, elapsed, true
}

// outcome is the result of an operation that finished.
type outcome struct {
	now, elapsed time.Duration
	moved        int64
	speed        float64 // tokens per second of the whole operation
}

// finish ends the operation with the tokens or bytes that it moved, and records
// what its kind does. ok is false when it had been finished before.
func (o *operation) finish(moved int64) (r outcome, ok bool) {
	r.now, r.elapsed, ok = o.end()
	if !ok {
		return r, false
	}
	m, k := o.mon, o.kind
	r.moved = o.checkMoved(moved)
	r.speed = perSecond(r.moved, r.elapsed)
	var rate float64
	if k.rate != noRate {
		rate = ratio(r.moved, o.tokens)
		m.rates[k.rate].finish(r.now, o.tokens)
	}
	m.count(k.finished, 1)
	m.count(k.moved, r.moved)
	if r.elapsed > 0 || k.instant && o.timed {
		m.recordDuration(o.ctx, k.duration, r.elapsed)
	}
	if r.speed > 0 {
		m.record(o.ctx, k.speed, r.speed)
	}
	if r.moved == 0 {
		m.count(k.zero, 1)
	} else if rate > 0 {
		m.record(o.ctx, k.hitRate, rate)
	}
	for _, name := range k.phaseNames {
		if t := time.Duration(o.times[name].Load()); t > 0 {
			m.recordDuration(o.ctx, k.phases[name], t)
		}
	}
	if o.arena != nil {
		o.setResult(k, r, rate)
	}
	if o.span != nil {
		o.span.End()
	}
	return r, true
}

// checkMoved returns moved, or 0 for a negative number. More hits than requested
// tokens are reported and kept: only the host knows which of the two is wrong.
func (o *operation) checkMoved(moved int64) int64 {
	moved = o.mon.nonNegative(moved, o.kind.span)
	if moved > o.tokens && o.kind.rate != noRate {
		o.mon.reportMisuse(tooManyHits, fmt.Sprintf("%d of %d in %s", moved, o.tokens, o.kind.span))
	}
	return moved
}

// setResult adds to the span what came out of the operation.
func (o *operation) setResult(k *kind, r outcome, rate float64) {
	attrs := o.arena.result[:0]
	if k.requestedKey != "" {
		attrs = append(attrs, k.requestedKey.Int64(o.tokens))
	}
	if k.movedKey != "" {
		attrs = append(attrs, k.movedKey.Int64(r.moved))
	}
	if k.hitRateKey != "" {
		attrs = append(attrs, k.hitRateKey.Float64(rate))
	}
	if k.speedKey != "" {
		attrs = append(attrs, k.speedKey.Float64(r.speed))
	}
	o.span.SetAttributes(attrs...)
}

// Fail ends the operation with an error. Its requested tokens count as missed,
// its duration carries error.type and stays out of LMCache's histograms, and the
// times of its phases are not recorded: LMCache never sees such an operation
// finish.
func (o *operation) Fail(err error) {
	now, elapsed, ok := o.end()
	if !ok {
		return
	}
	m, k := o.mon, o.kind
	if k.rate != noRate {
		m.rates[k.rate].finish(now, o.tokens)
	}
	errorType, text := describe(err)
	if elapsed > 0 && !m.closed.Load() {
		m.recordFailure(o.ctx, k.duration, elapsed, errorType)
	}
	if o.arena != nil {
		o.span.SetStatus(codes.Error, text)
		attrs := append(o.arena.result[:0], errorType)
		if k.requestedKey != "" {
			attrs = append(attrs, k.requestedKey.Int64(o.tokens))
		}
		o.span.SetAttributes(attrs...)
		if err != nil {
			recordError(o.span, err)
		}
	}
	if o.span != nil {
		o.span.End()
	}
}

// describe returns the type and the text of err. An error is the caller's code:
// one that panics, such as a nil pointer in an error, must not take the request
// down.
func describe(err error) (errorType attribute.KeyValue, text string) {
	errorType, text = semconv.ErrorTypeOther, "failed"
	if err == nil {
		return errorType, text
	}
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("%T: its text panicked: %v", err, r)
		}
	}()
	errorType = semconv.ErrorType(err)
	return errorType, err.Error()
}

func recordError(span trace.Span, err error) {
	defer func() { _ = recover() }() // of err.Error, which describe has put into the status
	span.RecordError(err)
}

// SetRequestID adds the serving engine's id of the request to the span, and to
// the warning of a slow retrieve. It does not reach metrics.
func (o *operation) SetRequestID(id string) {
	if o.isNone() {
		return
	}
	if o.arena != nil {
		o.span.SetAttributes(instruments.RequestIDKey.String(id))
	}
	if o.mon.slowTime > 0 || o.mon.slowSpeed > 0 {
		kept := id // or every id would be allocated
		o.requestID.Store(&kept)
	}
}

// SetAttributes adds attributes to the span. They do not reach metrics.
func (o *operation) SetAttributes(attrs ...attribute.KeyValue) {
	if !o.isNone() && o.arena != nil {
		o.span.SetAttributes(attrs...)
	}
}
