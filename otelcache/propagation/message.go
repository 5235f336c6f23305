// SPDX-License-Identifier: Apache-2.0

package propagation

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// MaxMessageSize is the length in bytes of the longest message that [AppendMessage] writes.
const MaxMessageSize = traceparentSize + len("\n") + maxFieldSize

const (
	traceparentSize = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

	// maxFieldSize is what the recommendation asks everyone to pass on of a tracestate, at least. It is the most here.
	maxFieldSize = 512

	// longMember is the length from which on the recommendation sacrifices members of a tracestate first.
	longMember = 128
)

// AppendMessage appends the trace context of ctx to b, as a message for [ExtractMessage], and returns the extended slice. It appends
// nothing when ctx carries no valid span, and at most [MaxMessageSize] bytes.
//
// The message is text in ASCII: the value of a W3C traceparent header, and, where there is a tracestate, a line feed and the value of
// the tracestate header. Nothing ends it; its length is that of the frame or field that holds it. The first two characters are the
// version of the format. Two examples:
//
//	00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//
//	00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//	congo=t61rcWkgMzE,rojo=00f067aa0ba902b7
//
// A tracestate of more than 512 bytes loses members as the recommendation says: those of more than 128 bytes, then those at its end.
func AppendMessage(ctx context.Context, b []byte) []byte {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return b
	}
	var f fields
	w3c.Inject(ctx, &f)
	b = append(b, f.traceparent...)
	if state := shorten(f.tracestate); state != "" {
		b = append(b, '\n')
		b = append(b, state...)
	}
	return b
}

// ExtractMessage returns ctx with the trace context of a message of [AppendMessage] as its remote parent, or ctx when the message is empty
// or malformed. A nil ctx is the background context. The message is not kept.
//
// A first line of more than 512 bytes is malformed. A tracestate that is malformed or of more than 512 bytes is left out, and the
// trace continues without it. Versions of traceparent yet to come are read as the recommendation says.
func ExtractMessage(ctx context.Context, message []byte) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	parent, state, _ := bytes.Cut(message, []byte{'\n'})
	if len(parent) == 0 || len(parent) > maxFieldSize {
		return ctx
	}
	f := fields{traceparent: string(parent)}
	if len(state) <= maxFieldSize {
		f.tracestate = string(state)
	}
	return w3c.Extract(ctx, &f)
}

// shorten drops members of a tracestate until it fits.
func shorten(state string) string {
	if len(state) <= maxFieldSize {
		return state
	}
	members := strings.Split(state, ",") // which values cannot contain
	members = slices.DeleteFunc(members, func(m string) bool { return len(m) > longMember })
	size := -len(",") // one fewer than members
	for i, m := range members {
		if size += len(",") + len(m); size > maxFieldSize {
			members = members[:i]
			break
		}
	}
	return strings.Join(members, ",")
}

// fields is the carrier of what a message is made of.
type fields struct{ traceparent, tracestate string }

var _ propagation.TextMapCarrier = (*fields)(nil)

func (f *fields) field(key string) *string {
	switch key {
	case traceparent:
		return &f.traceparent
	case tracestate:
		return &f.tracestate
	}
	return new(string) // of a version of the propagator that has more
}

func (f *fields) Get(key string) string { return *f.field(key) }

func (f *fields) Set(key, value string) { *f.field(key) = value }

func (f *fields) Keys() []string { return []string{traceparent, tracestate} }
