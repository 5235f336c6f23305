// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestRetrieveContext checks that the context of a retrieve is the caller's in all but the retrieve and its span.
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
	child, stop := context.WithCancel(ctx) // of a context that it does not know, package context would watch Done in a goroutine
	defer stop()
	if n := runtime.NumGoroutine(); n != goroutines {
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
