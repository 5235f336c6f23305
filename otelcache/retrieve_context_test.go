// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestRetrieveContext checks that the context of a retrieve is the caller's in
// all but the retrieve and its span.
func TestRetrieveContext(t *testing.T) {
	tel := newTelemetry(t)
	deadline := time.Now().Add(time.Hour)
	caller, cancel := context.WithDeadline(context.WithValue(context.Background(), callersKey{}, "value"), deadline)
	defer cancel()
	ctx, r := tel.StartRetrieve(caller, 10)
	if otelcache.RetrieveFromContext(ctx) != r {
		t.Error("the context does not carry the retrieve")
	}
	if got := ctx.Value(callersKey{}); got != "value" {
		t.Errorf("the caller's value is %v, want %q", got, "value")
	}
	if got, ok := ctx.Deadline(); !ok || !got.Equal(deadline) {
		t.Errorf("the deadline is %v, want %v", got, deadline)
	}
	if !trace.SpanContextFromContext(ctx).IsValid() || trace.SpanContextFromContext(caller).IsValid() {
		t.Error("want a span in the retrieve's context, and none in the caller's")
	}
	goroutines := runtime.NumGoroutine()
	// Package context watches Done in a goroutine if it does not know the parent.
	child, stop := context.WithCancel(ctx)
	defer stop()
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("a child context takes %d goroutines more", n-goroutines)
	}
	if ctx.Err() != nil {
		t.Errorf("the context ended with %v before the caller's", ctx.Err())
	}
	cancel()
	for _, c := range []context.Context{ctx, child} {
		<-c.Done()
		if !errors.Is(c.Err(), context.Canceled) {
			t.Errorf("the context ended with %v, want %v", c.Err(), context.Canceled)
		}
	}
	r.Finish(0)
	if otelcache.RetrieveFromContext(ctx) != r {
		t.Error("the context does not carry the finished retrieve")
	}
}

// TestRetrieveIsInEveryContextOfItsOwn looks for the retrieve, not one around
// it, where a host's code sees contexts that no caller passed on: when spans
// start and when histograms are recorded.
func TestRetrieveIsInEveryContextOfItsOwn(t *testing.T) {
	var seen []otelcache.Retrieve
	see := func(ctx context.Context) bool {
		seen = append(seen, otelcache.RetrieveFromContext(ctx))
		return true
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()), sdkmetric.WithExemplarFilter(see))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(startProcessor{func(ctx context.Context) { see(ctx) }}))
	tel := newTelemetry(t, otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp))
	ctx, outer := tel.StartRetrieve(context.Background(), 10)
	seen = nil
	ctx, inner := tel.StartRetrieve(ctx, 10)
	_, p := inner.StartPhase(ctx, otelcache.ToGPU)
	p.End()
	inner.RecordPhase(otelcache.Broadcast, time.Now().Add(-time.Second), time.Now())
	inner.Finish(5)
	if want := 3 + 4; len(seen) != want { // spans, and the histograms of the duration, the speed and two phases
		t.Errorf("saw %d contexts, want %d", len(seen), want)
	}
	for i, r := range seen {
		if r != inner {
			t.Errorf("context %d carries %p, want the inner retrieve %p rather than the outer %p", i, r, inner, outer)
		}
	}
	outer.Finish(0)
}

// startProcessor calls onStart with the context that each span is started with.
type startProcessor struct{ onStart func(context.Context) }

func (p startProcessor) OnStart(ctx context.Context, _ sdktrace.ReadWriteSpan) { p.onStart(ctx) }

func (startProcessor) OnEnd(sdktrace.ReadOnlySpan) {}

func (startProcessor) Shutdown(context.Context) error { return nil }

func (startProcessor) ForceFlush(context.Context) error { return nil }

// TestPrintingARetrieveContextConcurrentSafe prints contexts, as loggers do,
// while their retrieves are in progress.
func TestPrintingARetrieveContextConcurrentSafe(t *testing.T) {
	for name, opts := range map[string][]otelcache.Option{
		"with spans": nil, "without": {untraced},
	} {
		t.Run(name, func(t *testing.T) {
			tel := newTelemetry(t, opts...)
			ctx, r := tel.StartRetrieve(context.Background(), 10)
			var backend sync.WaitGroup
			backend.Go(func() {
				_, p := r.StartPhase(ctx, otelcache.ToGPU)
				p.End()
			})
			if got := fmt.Sprintf("%v", ctx); !strings.HasPrefix(got, "context.Background.WithRetrieve") {
				t.Errorf("the context prints as %q", got)
			}
			backend.Wait()
			r.Finish(0)
		})
	}
}

func TestRetrieveFromContextGivesTheInnermost(t *testing.T) {
	tel := newTelemetry(t)
	if r := otelcache.RetrieveFromContext(context.Background()); r != (otelcache.Retrieve{}) {
		t.Errorf("got %v from a context without a retrieve, want the zero one", r)
	}
	outer, a := tel.StartRetrieve(context.Background(), 1)
	inner, b := tel.StartRetrieve(outer, 1)
	if otelcache.RetrieveFromContext(outer) != a || otelcache.RetrieveFromContext(inner) != b {
		t.Error("want each context's own retrieve")
	}
}
