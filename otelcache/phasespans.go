// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// phaseSpans is what a request that is recording needs for its phases and its result, in one allocation.
type phaseSpans struct {
	caller trace.SpanID // the span that the request was started under
	used   atomic.Int32
	room   [5]trace.Span // as many as a request usually has; others are allocated
	result [4]attribute.KeyValue
}

// keep returns where the span of a phase is kept from now on.
func (s *phaseSpans) keep(span trace.Span) *trace.Span {
	if i := int(s.used.Add(1)) - 1; i < len(s.room) {
		s.room[i] = span
		return &s.room[i]
	}
	kept := new(trace.Span) // the address of span itself would put every span on the heap, those in the room, too
	*kept = span
	return kept
}

// setResult adds to the span what came out of the request. The list is not allocated, as that of a call through an interface would be.
func (p *phases) setResult(attrs ...attribute.KeyValue) {
	p.span.SetAttributes(append(p.spans.result[:0], attrs...)...)
}

// parentOf returns ctx if it carries a span of the request's, so that phases can nest. If it carries none, or only the caller's because the
// request was started with it, parentOf puts the request's span into it.
func (p *phases) parentOf(ctx context.Context) context.Context {
	current, own := trace.SpanContextFromContext(ctx), p.span.SpanContext()
	if current.TraceID() == own.TraceID() && current.SpanID() != p.spans.caller {
		return ctx
	}
	return trace.ContextWithSpan(ctx, p.span)
}
