// SPDX-License-Identifier: Apache-2.0

package propagation

import (
	"context"
	"maps"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	traceparent = "traceparent"
	tracestate  = "tracestate"
)

var w3c propagation.TraceContext

// Inject puts the trace context of ctx into headers, under the keys traceparent and, where there is one, tracestate. It replaces what
// was there under these names in any case: a tracestate that is left from another hop would become part of this one.
// When ctx carries no valid span or headers is nil, nothing changes. A tracestate of more than 512 bytes is shortened as that of [AppendMessage].
func Inject(ctx context.Context, headers map[string]string) {
	if headers == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	maps.DeleteFunc(headers, func(key, _ string) bool {
		return strings.EqualFold(key, traceparent) || strings.EqualFold(key, tracestate)
	})
	w3c.Inject(ctx, propagation.MapCarrier(headers))
	if state := headers[tracestate]; len(state) > maxFieldSize {
		if headers[tracestate] = shorten(state); headers[tracestate] == "" {
			delete(headers, tracestate)
		}
	}
}

// Extract returns ctx with the trace context of headers as its remote parent, or ctx when there is no valid one. A nil ctx is the
// background context.
//
// Keys may be in any case, because libraries change it on the way. The lower-case key counts before the others; several others of the
// same name are ambiguous and count as none. A tracestate of more than 512 bytes is shortened as that of [AppendMessage]: it goes into
// every span of the trace.
func Extract(ctx context.Context, headers map[string]string) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	span := trace.SpanContextFromContext(w3c.Extract(context.Background(), anyCase{headers}))
	if !span.IsValid() {
		return ctx
	}
	if state := span.TraceState().String(); len(state) > maxFieldSize {
		shortened, _ := trace.ParseTraceState(shorten(state)) // its members are valid
		span = span.WithTraceState(shortened)
	}
	return trace.ContextWithRemoteSpanContext(ctx, span)
}

// anyCase finds a key in whatever case it is written.
type anyCase struct{ propagation.MapCarrier }

func (c anyCase) Get(key string) string {
	if value, ok := c.MapCarrier[key]; ok {
		return value
	}
	var found string
	var spellings int
	for k, value := range c.MapCarrier {
		if strings.EqualFold(k, key) {
			found = value
			spellings++
		}
	}
	if spellings > 1 {
		return "" // which of them came up last is chance
	}
	return found
}
