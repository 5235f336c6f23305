// SPDX-License-Identifier: Apache-2.0

package propagation_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	otelpropagation "go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache/propagation"
)

// member returns a member of a tracestate, size bytes long.
func member(key string, size int) string {
	return key + "=" + strings.Repeat("x", size-len(key)-1)
}

func list(members ...string) string { return strings.Join(members, ",") }

func TestAppendMessage(t *testing.T) {
	tests := []struct{ name, state, wantState string }{
		{"no tracestate", "", ""},
		{"tracestate", "a=1,b=2", "a=1,b=2"},
		{"512 bytes", list(member("a", 256), member("b", 255)), list(member("a", 256), member("b", 255))},
		{"513 bytes lose the long ones", list(member("a", 256), member("b", 256)), ""},
		{
			"long ones go first",
			list(member("a", 129), member("b", 128), member("c", 256), "d=1"),
			list(member("b", 128), "d=1"),
		},
		{
			"then those at the end",
			list(member("a", 128), member("b", 128), member("c", 128), member("d", 125), "e=1"), // 512 bytes up to d
			list(member("a", 128), member("b", 128), member("c", 128), member("d", 125)),
		},
		{
			"and all behind the first that does not fit",
			list(member("a", 128), member("b", 128), member("c", 128), member("d", 126), "e=1"),
			list(member("a", 128), member("b", 128), member("c", 128)),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := "frame:" + parentLine
			if tt.wantState != "" {
				want += "\n" + tt.wantState
			}
			if got := propagation.AppendMessage(withSpan(t, tt.state), []byte("frame:")); string(got) != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestAppendMessageWithoutSpan(t *testing.T) {
	b := make([]byte, 1, 100)
	if got := propagation.AppendMessage(context.Background(), b); !bytes.Equal(got, b) {
		t.Errorf("got %q, want nothing appended", got)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		b = propagation.AppendMessage(context.Background(), b)
		propagation.ExtractMessage(context.Background(), nil)
		propagation.Inject(context.Background(), map[string]string(nil))
		propagation.Extract(context.Background(), nil)
	}); allocs != 0 {
		t.Errorf("got %v allocations without a span, want none", allocs)
	}
}

func TestExtractMessage(t *testing.T) {
	const future = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	full := list(member("a", 255), member("b", 256)) // 512 bytes
	tests := []struct {
		name, message string
		wantSpan      bool
		wantState     string
	}{
		{"empty", "", false, ""},
		{"traceparent", parentLine, true, ""},
		{"traceparent with line feed", parentLine + "\n", true, ""},
		{"tracestate", parentLine + "\na=1,b=2", true, "a=1,b=2"},
		{"tracestate of 512 bytes", parentLine + "\n" + full, true, full},
		{"tracestate of 513 bytes", parentLine + "\n" + full + "x", true, ""},
		{"tracestate of a megabyte", parentLine + "\n" + strings.Repeat("a=1,", 1<<18), true, ""},
		{"malformed tracestate", parentLine + "\nnonsense", true, ""},
		{"third line", parentLine + "\na=1\nb=2", true, ""},
		{"carriage return", parentLine + "\r\na=1", false, ""},
		{"line feed first", "\n" + parentLine, false, ""},
		{"one byte short", parentLine[:54], false, ""},
		{"one byte long", parentLine + "0", false, ""},
		{"upper case", strings.ToUpper(parentLine), false, ""},
		{"no trace id", "00-00000000000000000000000000000000-b7ad6b7169203331-01", false, ""},
		{"no span id", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false, ""},
		{"version ff", "ff" + parentLine[2:], false, ""},
		{"version to come", future, true, ""},
		{"version to come with more", future + "-more\na=1", true, "a=1"},
		{"version to come of 512 bytes", future + "-" + strings.Repeat("x", 512-56), true, ""},
		{"version to come of 513 bytes", future + "-" + strings.Repeat("x", 513-56), false, ""},
		{"binary", "\x00\x01\x02\xff", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			message := []byte(tt.message)
			ctx := propagation.ExtractMessage(context.Background(), message)
			clear(message) // which is the caller's to use again
			checkExtracted(t, ctx, tt.wantSpan, tt.wantState)
		})
	}
}

// Whatever a peer sends, no more is allocated than the largest message needs.
func TestExtractMessageIsBounded(t *testing.T) {
	flood := [][]byte{
		bytes.Repeat([]byte{'0'}, 1<<20),
		bytes.Repeat([]byte{'\n'}, 1<<20),
		append([]byte(parentLine+"\n"), bytes.Repeat([]byte("a=1,"), 1<<18)...),
	}
	for _, message := range flood {
		const runs = 100
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			propagation.ExtractMessage(context.Background(), message)
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 1024 {
			t.Errorf("%.10q…: got %d bytes allocated, want at most 1024", message, got)
		}
	}
}

// A random trace arrives as it was sent, and as it does through OTel's own propagator.
func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		sent := randomSpanContext(t, rnd)
		ctx := trace.ContextWithSpanContext(context.Background(), sent)

		message := propagation.AppendMessage(ctx, nil)
		if len(message) > propagation.MaxMessageSize {
			t.Fatalf("got a message of %d bytes, want at most %d", len(message), propagation.MaxMessageSize)
		}
		got := trace.SpanContextFromContext(propagation.ExtractMessage(context.Background(), message))

		carrier := otelpropagation.MapCarrier{}
		otelpropagation.TraceContext{}.Inject(ctx, carrier)
		want := trace.SpanContextFromContext(otelpropagation.TraceContext{}.Extract(context.Background(), carrier))
		if len(carrier["tracestate"]) > 512 {
			checkShortened(t, got.TraceState().String(), carrier["tracestate"])
			got, want = got.WithTraceState(trace.TraceState{}), want.WithTraceState(trace.TraceState{})
		}
		if !got.Equal(want) || !got.IsValid() {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
}

// checkShortened checks that got has the members of full that are not long, in their order, as many as fit.
func checkShortened(t *testing.T, got, full string) {
	t.Helper()
	var want string
	for m := range strings.SplitSeq(full, ",") {
		if len(m) > 128 {
			continue
		}
		next := strings.TrimPrefix(want+","+m, ",")
		if len(next) > 512 {
			break
		}
		want = next
	}
	if got != want {
		t.Fatalf("got tracestate %q, want %q", got, want)
	}
}

func randomSpanContext(t *testing.T, rnd *rand.Rand) trace.SpanContext {
	t.Helper()
	c := trace.SpanContextConfig{TraceFlags: trace.TraceFlags(rnd.IntN(4))}
	for i := range c.TraceID {
		c.TraceID[i] = byte(rnd.Uint32())
	}
	for i := range c.SpanID {
		c.SpanID[i] = byte(rnd.Uint32())
	}
	for i := range rnd.IntN(10) {
		var err error
		if c.TraceState, err = c.TraceState.Insert("k"+string(rune('a'+i)), strings.Repeat("v", 1+rnd.IntN(200))); err != nil {
			t.Fatal(err)
		}
	}
	return trace.NewSpanContext(c)
}

// FuzzExtractMessage compares what is read with OTel's propagator over the same two fields, and checks that it can be sent on.
func FuzzExtractMessage(f *testing.F) {
	for _, seed := range []string{
		"", "\n", parentLine, parentLine + "\na=1,b=2", parentLine + "-\n", "cc" + parentLine[2:] + "-x\na=1", "00-\n-", "\xff\x00",
		parentLine + "\n" + strings.Repeat("a=1,", 200),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		parent, state, _ := strings.Cut(string(message), "\n")
		if len(parent) > 512 {
			parent = ""
		}
		if len(state) > 512 {
			state = ""
		}
		carrier := otelpropagation.MapCarrier{"traceparent": parent, "tracestate": state}
		want := trace.SpanContextFromContext(otelpropagation.TraceContext{}.Extract(context.Background(), carrier))

		ctx := propagation.ExtractMessage(context.Background(), message)
		got := trace.SpanContextFromContext(ctx)
		if !got.Equal(want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if !got.IsValid() {
			if ctx != context.Background() {
				t.Fatalf("got %v, want the context unchanged", ctx)
			}
			return
		}
		again := propagation.ExtractMessage(context.Background(), propagation.AppendMessage(ctx, nil))
		if sc := trace.SpanContextFromContext(again); !sc.Equal(got) {
			t.Fatalf("sent on: got %+v, want %+v", sc, got)
		}
	})
}

func BenchmarkAppendMessage(b *testing.B) {
	buf := make([]byte, 0, propagation.MaxMessageSize)
	for name, ctx := range map[string]context.Context{"span": withSpan(b, "a=1"), "no span": context.Background()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = propagation.AppendMessage(ctx, buf[:0])
			}
		})
	}
}
