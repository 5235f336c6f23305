// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// callersKey has the number of the request in its context.
type callersKey struct{}

// TestConcurrentRetrievesKeepApart runs retrieves of one caller side by side,
// each with a backend in a goroutine of its own that knows the request by its
// context alone.
func TestConcurrentRetrievesKeepApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const retrieves = 64
		tel := newTelemetry(t)
		cursor := tel.Cursor()
		ctx, caller := tel.tracer.Tracer("caller").Start(context.Background(), "batch")
		var wg sync.WaitGroup
		for i := range retrieves {
			wg.Go(func() {
				ctx := context.WithValue(ctx, callersKey{}, i)
				ctx, own := tel.StartRetrieve(ctx, 100)
				own.SetRequestID(strconv.Itoa(i))
				var backend sync.WaitGroup
				backend.Go(func() {
					// As code between the request and the backend does.
					ctx, cancel := context.WithTimeout(ctx, time.Hour)
					defer cancel()
					r := otelcache.RetrieveFromContext(ctx)
					if r != own || ctx.Value(callersKey{}) != i {
						t.Errorf("request %d: got %p of request %v, want %p", i, r, ctx.Value(callersKey{}), own)
					}
					_, p := r.StartPhase(ctx, otelcache.RemoteBatchedGet)
					p.SetChunks(i)
					time.Sleep(time.Duration(i+1) * time.Second / 64)
					p.End()
				})
				backend.Wait()
				own.Finish(i)
			})
		}
		wg.Wait()
		caller.End()

		requests := map[trace.SpanID]attribute.Value{} // the ids that were set on their spans
		for _, s := range tel.spans.Ended() {
			if s.Name() == "lmcache.retrieve" {
				requests[s.SpanContext().SpanID()] = attributeOf(s, instruments.RequestIDKey)
			}
		}
		phases := 0
		for _, s := range tel.spans.Ended() {
			if s.Name() != "remote_batched_get" {
				continue
			}
			phases++
			got := requests[s.Parent().SpanID()].AsString()
			want := fmt.Sprint(attributeOf(s, instruments.ChunksKey).AsInt64())
			if got != want {
				t.Errorf("the phase of request %s is a child of request %q", want, got)
			}
		}
		if len(requests) != retrieves || phases != retrieves {
			t.Errorf("got %d requests with %d phases, want %d each", len(requests), phases, retrieves)
		}
		// A phase that reached another request would make one value of two, or
		// have come too late.
		got := cursor.Next()
		if sum := got.RetrieveRemoteBatchedGetDuration.Sum(); sum != 32.5 { // (1 + … + 64)/64 s
			t.Errorf("the phases took %v s, want 32.5", sum)
		}
		if n := got.RetrieveRemoteBatchedGetDuration.Count(); n != retrieves {
			t.Errorf("got %d times of phases, want %d", n, retrieves)
		}
		if got.RetrieveHitTokens != 2016 { // 0 + … + 63
			t.Errorf("got %d hit tokens, want 2016", got.RetrieveHitTokens)
		}
	})
}

func attributeOf(s sdktrace.ReadOnlySpan, key attribute.Key) attribute.Value {
	set := attribute.NewSet(s.Attributes()...)
	v, _ := set.Value(key)
	return v
}
