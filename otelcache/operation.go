// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
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
	tokens int64           // requested; below 0 when unknown
	times  [numPhases]atomic.Int64
	done   atomic.Bool
	timed  bool // somebody reads its duration

	hasExtra atomic.Bool // stored after extra
	extra    *extra
}

// extra is what few operations have. It is behind a plain pointer because an
// atomic one, like a mutex, would move every operation to the heap.
type extra struct {
	requestID atomic.Pointer[string]      // for the warning of a slow retrieve
	hostTimes [maxHostPhases]atomic.Int64 // nanoseconds of the host's own phases
}

// needExtra returns the operation's extra, which it makes if need be.
func (o *operation) needExtra() *extra {
	if !o.hasExtra.Load() {
		o.mon.extras.Lock()
		defer o.mon.extras.Unlock()
		if o.extra == nil {
			o.extra = new(extra)
			o.hasExtra.Store(true)
		}
	}
	return o.extra
}

// begin starts the operation, counts it and starts its span. It returns the
// context that carries the span.
func (o *operation) begin(ctx context.Context, m *Monitor, k *kind, tokens int) context.Context {
	if !m.ready() {
		return orBackground(ctx)
	}
	o.mon, o.kind = m.enter(), k
	o.tokens = orUnknown(int64(tokens), k.span)
	m = o.mon
	m.count(k.requests, 1)
	m.count(k.requested, o.tokens)
	o.ctx = orBackground(ctx)
	if m.tracer != nil {
		o.startSpan(k.options...)
	}
	if o.timed = o.arena != nil || m.wantsTimes(o.ctx, k); o.timed {
		o.start = m.now()
	}
	return o.ctx
}

func (o *operation) startSpan(options ...trace.SpanStartOption) {
	caller := o.ctx
	o.ctx, o.span = o.mon.tracer.Start(caller, o.kind.span, options...)
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
		if m.isEnabled(ctx, h) {
			return true
		}
	}
	return len(hostPhaseNames()) > 0 && m.isEnabled(ctx, instruments.OperationPhaseDuration)
}

// isNone reports whether o is no operation at all.
func (o *operation) isNone() bool { return o == nil || o.mon == nil }

// outcome is the result of an operation that ended.
type outcome struct {
	now, elapsed time.Duration
	moved        int64   // below 0 when unknown
	speed        float64 // tokens per second of the whole operation
}

// end marks the operation as ended. It returns its duration, or 0 if nobody timed
// it; ok is false when it had been ended before.
func (o *operation) end() (r outcome, ok bool) {
	if o.isNone() {
		return r, false
	}
	if !o.done.CompareAndSwap(false, true) {
		report(finishedTwice, "%s", o.kind.span)
		return r, false
	}
	r.now = o.mon.now()
	if o.timed {
		r.elapsed = r.now - o.start
	}
	return r, true
}

// finish ends the operation with the tokens or bytes that it moved.
func (o *operation) finish(moved int64) {
	if r, ok := o.end(); ok {
		r.moved = orUnknown(moved, o.kind.span)
		o.finished(r)
		o.mon.exit()
	}
}

// finishAll ends an operation that moved as many tokens as it was started with.
func (o *operation) finishAll() {
	if r, ok := o.end(); ok {
		r.moved = o.tokens
		o.finished(r)
		o.mon.exit()
	}
}

// finished records the operation as its kind says.
func (o *operation) finished(r outcome, end ...trace.SpanEndOption) {
	m, k := o.mon, o.kind
	if k.rate != noRate && o.tokens < 0 {
		r.moved = Unknown // hits without requested tokens would raise the rate above 1
	}
	r.speed = perSecond(max(r.moved, 0), r.elapsed)
	var rate float64
	if k.rate != noRate && o.tokens >= 0 && r.moved >= 0 {
		if r.moved > o.tokens { // kept as it is: only the host knows which of the two is wrong
			report(tooManyHits, "%d of %d in %s", r.moved, o.tokens, k.span)
		}
		rate = ratio(r.moved, o.tokens)
		m.rates[k.rate].finish(r.now, o.tokens)
	}
	m.count(k.finished, 1)
	m.count(k.moved, r.moved)
	if r.elapsed > 0 || k.instant && o.timed {
		m.recordDuration(o.ctx, k.duration, r.elapsed)
	}
	if r.speed > 0 {
		m.recordValue(o.ctx, k.speed, r.speed)
	}
	if r.moved == 0 {
		m.count(k.zero, 1)
	} else if rate > 0 {
		m.recordValue(o.ctx, k.hitRate, rate)
	}
	for _, name := range k.phaseNames {
		if t := time.Duration(sumOf(&o.times[name])); t > 0 {
			m.recordDuration(o.ctx, k.phases[name], t)
		}
	}
	if o.hasExtra.Load() {
		o.recordHostTimes()
	}
	if o.arena != nil {
		attrs := o.appendRequested(o.arena.result[:0])
		if k.movedKey != "" && r.moved >= 0 {
			attrs = append(attrs, k.movedKey.Int64(r.moved))
		}
		if k.hitRateKey != "" && o.tokens >= 0 && r.moved >= 0 {
			attrs = append(attrs, k.hitRateKey.Float64(rate))
		}
		if k.speedKey != "" && r.moved >= 0 {
			attrs = append(attrs, k.speedKey.Float64(r.speed))
		}
		o.span.SetAttributes(attrs...)
	}
	o.endSpan(end)
	if k.slow && m.isSlow(r) {
		m.countSlow(o, r)
	}
}

// appendRequested appends what every ended operation says of itself.
func (o *operation) appendRequested(attrs []attribute.KeyValue) []attribute.KeyValue {
	if o.kind.requestedKey != "" && o.tokens >= 0 {
		attrs = append(attrs, o.kind.requestedKey.Int64(o.tokens))
	}
	if n := o.arena.merged(); n > 0 {
		attrs = append(attrs, instruments.MergedPhasesKey.Int(n))
	}
	return attrs
}

func (o *operation) endSpan(options []trace.SpanEndOption) {
	if o.span != nil {
		o.span.End(options...)
	}
}

// Fail ends the operation with an error. Its requested tokens count as missed,
// its duration carries error.type and stays out of LMCache's histograms, and the
// times of its phases are not recorded: LMCache never sees such an operation
// finish.
//
// An operation is cancelled rather than failed when the error is
// [context.Canceled] or when its own context is cancelled; see Abandon.
func (o *operation) Fail(err error) {
	if r, ok := o.end(); ok {
		o.failedIn(o.ctx, r, err)
		o.mon.exit()
	}
}

// failedIn records the operation as failed, or as cancelled if its error says so
// or ctx is.
func (o *operation) failedIn(ctx context.Context, r outcome, err error, end ...trace.SpanEndOption) {
	if isCancelled(ctx, err) {
		o.cancelled(end...)
		return
	}
	m, k := o.mon, o.kind
	if k.rate != noRate && o.tokens >= 0 {
		m.rates[k.rate].finish(r.now, o.tokens)
	}
	m.count(k.failures, 1)
	errorType := m.errorTypeOf(err)
	if r.elapsed > 0 && !m.closed.Load() {
		m.recordVariant(o.ctx, k.duration, r.elapsed.Seconds(), errorType)
	}
	if o.arena != nil {
		text := errorText(err)
		o.span.SetStatus(codes.Error, text)
		o.span.SetAttributes(o.appendRequested(append(o.arena.result[:0], errorType))...)
		if err != nil {
			recordError(o.span, err, text)
		}
	}
	o.endSpan(end)
}

// Abandon ends an operation whose result nobody wants any more. It counts in
// lmcache.<operation>.cancelled and in no histogram or hit rate, and is no error.
// Once the operation has ended, Abandon does nothing, so that it may be deferred.
func (o *operation) Abandon() {
	if !o.isNone() && o.done.CompareAndSwap(false, true) {
		o.cancelled()
		o.mon.exit()
	}
}

func (o *operation) cancelled(end ...trace.SpanEndOption) {
	o.mon.count(o.kind.cancelled, 1)
	if o.arena != nil {
		o.span.SetAttributes(o.appendRequested(append(o.arena.result[:0], instruments.CancelledKey.Bool(true)))...)
	}
	o.endSpan(end)
}

// SetRequestID adds the serving engine's id of the request to the span, and to
// the warning of a slow retrieve. It does not reach metrics. It is made valid
// UTF-8 and cut to 4096 bytes.
func (o *operation) SetRequestID(id string) {
	if o.isNone() {
		return
	}
	isRecorded, mayBeSlow := o.arena != nil, o.kind.slow && (o.mon.slowTime > 0 || o.mon.slowSpeed > 0)
	if !isRecorded && !mayBeSlow {
		return
	}
	id = spanText.clean(id)
	if isRecorded {
		o.span.SetAttributes(instruments.RequestIDKey.String(id))
	}
	if mayBeSlow {
		kept := id // or every id would be allocated
		o.needExtra().requestID.Store(&kept)
	}
}

// SetAttributes adds attributes to the span. They do not reach metrics. Text is
// made valid UTF-8 and cut to 4096 bytes, keys to 256. A slice of more than 4096
// bytes becomes text.
func (o *operation) SetAttributes(attrs ...attribute.KeyValue) {
	if !o.isNone() && o.arena != nil {
		o.span.SetAttributes(spanText.attributes(attrs)...)
	}
}
