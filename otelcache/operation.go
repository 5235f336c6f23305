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

// operationKind is what all operations of a kind have in common.
type operationKind struct {
	span    string
	options []trace.SpanStartOption // built once: they would otherwise be allocated for each span
	// times are the histograms that its time feeds, phases apart.
	times []distributionID
	// phases are the phases that it may have and what their times feed.
	phases [numPhases]distributionID
}

// operation is what everything that starts and finishes has in common.
type operation struct {
	mon       *Monitor
	kind      *operationKind
	ctx       context.Context // of the operation, so that exemplars carry its trace
	span      trace.Span      // nil when tracing is off
	start     time.Duration   // in monitor time; only if timed
	tokens    int64           // requested
	done      atomic.Bool
	recording bool // the span records
	timed     bool // something wants to know the time that it takes
}

// begin starts the operation and its span. It returns the context that carries the span.
func (o *operation) begin(ctx context.Context, m *Monitor, kind *operationKind) context.Context {
	ctx = orBackground(ctx)
	o.mon, o.kind = m, kind
	if m.tracer != nil {
		ctx, o.span = m.tracer.Start(ctx, kind.span, kind.options...)
		if o.recording = o.span.IsRecording(); o.recording {
			o.span.SetAttributes(m.identity...)
		}
	}
	o.ctx = ctx
	if o.timed = o.recording || m.wantsTimes(ctx, kind); o.timed {
		o.start = m.now()
	}
	return ctx
}

// orBackground takes the nil context of careless callers for the background.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// end finishes the operation. It returns how long it took, or 0 if that was not timed; ok is false when it had been finished before.
func (o *operation) end() (now, elapsed time.Duration, ok bool) {
	if o.mon == nil {
		return 0, 0, false // the zero operation, which belongs to no monitor
	}
	if !o.done.CompareAndSwap(false, true) {
		o.mon.misused(finishedTwice, o.kind.span)
		return 0, 0, false
	}
	now = o.mon.now()
	if o.timed {
		elapsed = now - o.start
	}
	return now, elapsed, true
}

// recordElapsed records how long the operation or a part of it took, if it took any time.
func (o *operation) recordElapsed(id distributionID, d time.Duration) {
	if d > 0 {
		o.mon.recordDuration(o.ctx, id, d)
	}
}

// recordSpeed records and returns the tokens per second, if the operation moved any and took any time; otherwise it returns 0.
func (o *operation) recordSpeed(id distributionID, tokens int64, elapsed time.Duration) float64 {
	speed := perSecond(tokens, elapsed)
	if speed > 0 {
		o.mon.record(o.ctx, id, speed)
	}
	return speed
}

// perSecond returns the speed of n in elapsed, and 0 when no time passed.
func perSecond(n int64, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(n) / elapsed.Seconds()
}

func (o *operation) finished() bool { return o.done.Load() }

func (o *operation) endSpan() {
	if o.span != nil {
		o.span.End()
	}
}

// fail finishes the operation with an error: its duration carries the type of the error, natively. It returns false when the
// operation had been finished before.
func (o *operation) fail(err error, duration distributionID) (now time.Duration, ok bool) {
	now, elapsed, ok := o.end()
	if !ok {
		return now, false
	}
	errorType, text := describe(err)
	if elapsed > 0 {
		o.mon.recordFailure(o.ctx, duration, elapsed, errorType)
	}
	if o.recording {
		o.span.SetStatus(codes.Error, text)
		o.span.SetAttributes(errorType)
		if err != nil {
			recordError(o.span, err)
		}
	}
	o.endSpan()
	return now, true
}

// setRequestedTokens adds the tokens to the span of an operation that fails.
func (o *operation) setRequestedTokens() {
	if o.recording {
		o.span.SetAttributes(instruments.RequestedTokensKey.Int64(o.tokens))
	}
}

// describe returns the type and the text of err. Errors are the caller's code: one that panics, such as a nil pointer in an error,
// must not take the request down.
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
	defer func() { _ = recover() }() // of err.Error, which describe has reported in the status
	span.RecordError(err)
}

// SetRequestID adds the serving engine's id of the request to the span. It does not reach metrics.
func (o *operation) SetRequestID(id string) {
	if o.recording {
		o.span.SetAttributes(instruments.RequestIDKey.String(id))
	}
}

// SetAttributes adds attributes to the span. They do not reach metrics.
func (o *operation) SetAttributes(attrs ...attribute.KeyValue) {
	if o.recording {
		o.span.SetAttributes(attrs...)
	}
}
