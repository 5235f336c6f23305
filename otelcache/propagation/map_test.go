// SPDX-License-Identifier: Apache-2.0

package propagation_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	otelpropagation "go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache/propagation"
)

const (
	parentLine = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	otherLine  = "00-11111111111111111111111111111111-2222222222222222-01"
)

// spanContext is that of parentLine, with a tracestate.
func spanContext(t testing.TB, state string) trace.SpanContext {
	t.Helper()
	ts, err := trace.ParseTraceState(state)
	if err != nil {
		t.Fatalf("tracestate %q: %v", state, err)
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    trace.TraceID{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
		SpanID:     trace.SpanID{0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
		TraceFlags: trace.FlagsSampled,
		TraceState: ts,
	})
}

func withSpan(t testing.TB, state string) context.Context {
	t.Helper()
	return trace.ContextWithSpanContext(context.Background(), spanContext(t, state))
}

func TestInject(t *testing.T) {
	tests := []struct {
		name          string
		ctx           context.Context
		headers, want map[string]string
	}{
		{
			"span", withSpan(t, ""),
			map[string]string{"key": "7"},
			map[string]string{"key": "7", "traceparent": parentLine},
		},
		{
			"span with tracestate", withSpan(t, "a=1,b=2"),
			map[string]string{},
			map[string]string{"traceparent": parentLine, "tracestate": "a=1,b=2"},
		},
		{
			"replaces an earlier hop", withSpan(t, ""),
			map[string]string{"Traceparent": otherLine, "TRACESTATE": "old=1", "tracestate": "old=2", "trace": "kept"},
			map[string]string{"traceparent": parentLine, "trace": "kept"},
		},
		{
			"no span", context.Background(),
			map[string]string{"Traceparent": otherLine},
			map[string]string{"Traceparent": otherLine},
		},
		{"nil context", nil, map[string]string{}, map[string]string{}},
		{"nil map", withSpan(t, "a=1"), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			propagation.Inject(tt.ctx, tt.headers)
			if !maps.Equal(tt.headers, tt.want) {
				t.Errorf("got %v, want %v", tt.headers, tt.want)
			}
		})
	}
}

func TestExtract(t *testing.T) {
	tests := []struct {
		name      string
		headers   map[string]string
		wantSpan  bool
		wantState string
	}{
		{"nil", nil, false, ""},
		{"nothing", map[string]string{"tracestate": "a=1"}, false, ""},
		{"lower case", map[string]string{"traceparent": parentLine, "tracestate": "a=1"}, true, "a=1"},
		{"canonical of net/http", map[string]string{"Traceparent": parentLine, "Tracestate": "a=1"}, true, "a=1"},
		{"upper case", map[string]string{"TRACEPARENT": parentLine}, true, ""},
		{"lower case before others", map[string]string{"TRACEPARENT": otherLine, "traceparent": parentLine, "Traceparent": otherLine}, true, ""},
		{"ambiguous traceparent", map[string]string{"TRACEPARENT": parentLine, "Traceparent": parentLine}, false, ""},
		{"ambiguous tracestate", map[string]string{"traceparent": parentLine, "TRACESTATE": "a=1", "Tracestate": "a=2"}, true, ""},
		{"empty lower case", map[string]string{"traceparent": "", "Traceparent": parentLine}, false, ""},
		{"malformed", map[string]string{"traceparent": parentLine[1:]}, false, ""},
		{"malformed tracestate", map[string]string{"traceparent": parentLine, "tracestate": "a=1,a=2"}, true, ""},
		{"all zero", map[string]string{"traceparent": "00-00000000000000000000000000000000-0000000000000000-01"}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 { // the order of a map's keys must not decide
				checkExtracted(t, propagation.Extract(context.Background(), tt.headers), tt.wantSpan, tt.wantState)
			}
		})
	}
}

// checkExtracted checks that ctx is the background context, or that it carries spanContext from a remote parent.
func checkExtracted(t *testing.T, ctx context.Context, wantSpan bool, wantState string) {
	t.Helper()
	if !wantSpan {
		if ctx != context.Background() {
			t.Errorf("got %v, want the context unchanged", ctx)
		}
		return
	}
	want := spanContext(t, wantState).WithRemote(true)
	if got := trace.SpanContextFromContext(ctx); !got.Equal(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What is not there leaves the caller's own span in place.
func TestNothingExtractedKeepsTheParent(t *testing.T) {
	ctx := withSpan(t, "a=1")
	if got := propagation.Extract(ctx, map[string]string{"traceparent": "nonsense"}); got != ctx {
		t.Errorf("Extract: got %v, want the context unchanged", got)
	}
	if got := propagation.ExtractMessage(ctx, []byte("nonsense")); got != ctx {
		t.Errorf("ExtractMessage: got %v, want the context unchanged", got)
	}
}

func TestNilContext(t *testing.T) {
	var none context.Context
	checkExtracted(t, propagation.Extract(none, nil), false, "")
	checkExtracted(t, propagation.Extract(none, map[string]string{"traceparent": parentLine}), true, "")
	checkExtracted(t, propagation.ExtractMessage(none, nil), false, "")
	checkExtracted(t, propagation.ExtractMessage(none, []byte(parentLine)), true, "")
	if got := propagation.AppendMessage(none, nil); got != nil {
		t.Errorf("AppendMessage: got %q, want nothing", got)
	}
}

// A tracestate goes into every span of the trace and on to the next peer, so that neither way lets a long one pass whole.
func TestMapShortensTheTracestate(t *testing.T) {
	var members []string
	for i := range 20 {
		members = append(members, fmt.Sprintf("k%d=%s", i, strings.Repeat("v", 10*i+1)))
	}
	for name, state := range map[string]string{
		"many":     strings.Join(members, ","),
		"long":     "a=" + strings.Repeat("v", 256) + ",b=" + strings.Repeat("v", 256) + ",c=1",
		"all long": "a=" + strings.Repeat("v", 256) + ",b=" + strings.Repeat("v", 256),
	} {
		t.Run(name, func(t *testing.T) {
			injected := map[string]string{}
			propagation.Inject(withSpan(t, state), injected)
			checkShortened(t, injected["tracestate"], state)
			if _, ok := injected["tracestate"]; ok && injected["tracestate"] == "" {
				t.Error("there is an empty tracestate, want none")
			}
			ctx := propagation.Extract(context.Background(), map[string]string{"traceparent": parentLine, "tracestate": state})
			got := trace.SpanContextFromContext(ctx)
			checkShortened(t, got.TraceState().String(), state)
			if want := spanContext(t, "").WithRemote(true); !got.WithTraceState(trace.TraceState{}).Equal(want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	for name, state := range map[string]string{
		"3 MiB of one member": "a=" + strings.Repeat("v", 3<<20),
		"3 MiB of members":    strings.Repeat("a=1,", 3<<18),
		"invalid UTF-8":       "a=\xff",
	} {
		t.Run(name, func(t *testing.T) {
			checkExtracted(t, propagation.Extract(context.Background(), map[string]string{"traceparent": parentLine, "tracestate": state}), true, "")
		})
	}
}

// A context may be of a type that cannot be compared.
func TestExtractComparesNoContexts(t *testing.T) {
	type uncomparable struct {
		context.Context
		_ []int
	}
	propagation.Extract(uncomparable{Context: context.Background()}, map[string]string{})
	propagation.ExtractMessage(uncomparable{Context: context.Background()}, nil)
}

// FuzzExtract checks that what any peer sends makes a trace context that is small and can be sent on.
func FuzzExtract(f *testing.F) {
	for _, state := range []string{"", "a=1,b=2", "\xff\x00", strings.Repeat("a=1,", 200), "a=" + strings.Repeat("v", 300)} {
		f.Add(parentLine, state)
		f.Add("cc"+parentLine[2:]+"-x", state)
	}
	f.Fuzz(func(t *testing.T, parent, state string) {
		got := trace.SpanContextFromContext(propagation.Extract(context.Background(), map[string]string{"traceparent": parent, "tracestate": state}))
		w3c := otelpropagation.TraceContext{}.Extract(context.Background(), otelpropagation.MapCarrier{"traceparent": parent, "tracestate": state})
		want := trace.SpanContextFromContext(w3c)
		if !got.WithTraceState(trace.TraceState{}).Equal(want.WithTraceState(trace.TraceState{})) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if full := want.TraceState().String(); len(full) > 512 {
			checkShortened(t, got.TraceState().String(), full)
		} else if got.TraceState().String() != full {
			t.Fatalf("got tracestate %q, want %q", got.TraceState(), full)
		}
		sent := map[string]string{}
		propagation.Inject(trace.ContextWithSpanContext(context.Background(), got), sent)
		if again := trace.SpanContextFromContext(propagation.Extract(context.Background(), sent)); got.IsValid() && !again.Equal(got.WithRemote(true)) {
			t.Fatalf("sent on: got %+v, want %+v", again, got)
		}
	})
}

// The other side may know nothing of this package.
func TestMapIsThatOfOTel(t *testing.T) {
	w3c := otelpropagation.TraceContext{}
	for _, state := range []string{"", "a=1", "a=1,tenant@b=2"} {
		ours, theirs := map[string]string{}, map[string]string{}
		propagation.Inject(withSpan(t, state), ours)
		w3c.Inject(withSpan(t, state), otelpropagation.MapCarrier(theirs))
		if !maps.Equal(ours, theirs) {
			t.Errorf("tracestate %q: got %v, want OTel's %v", state, ours, theirs)
		}
		got := trace.SpanContextFromContext(propagation.Extract(context.Background(), theirs))
		want := trace.SpanContextFromContext(w3c.Extract(context.Background(), otelpropagation.MapCarrier(ours)))
		if !got.Equal(want) || !want.IsValid() {
			t.Errorf("tracestate %q: got %+v, want OTel's %+v", state, got, want)
		}
	}
}
