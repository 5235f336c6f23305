// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestManyPhasesAtOnce has more phases in progress than a request has room for,
// and ends them in another order than they started in.
func TestManyPhasesAtOnce(t *testing.T) {
	tel := newTelemetry(t)
	ctx, r := tel.StartRetrieve(context.Background(), 10)
	phases := make([]otelcache.Phase, 9)
	for i := range phases {
		_, phases[i] = r.StartPhase(ctx, otelcache.ToGPU)
		phases[i].SetChunks(i)
	}
	for _, i := range []int{8, 0, 7, 1, 6, 2, 5, 3, 4} {
		phases[i].End()
		ended := tel.spans.Ended()
		if got := attribute.NewSet(ended[len(ended)-1].Attributes()...); !hasInt(got, instruments.ChunksKey, i) {
			t.Errorf("End of phase %d ended the span with %v", i, got.ToSlice())
		}
	}
	r.Finish(0)
	if n := len(tel.spans.Ended()); n != len(phases)+1 {
		t.Errorf("%d spans ended, want %d", n, len(phases)+1)
	}
}

// TestPhasesBeyondTheSpans has more phases than an operation makes spans, live and
// recorded: all times count, and the span says how many have none.
func TestPhasesBeyondTheSpans(t *testing.T) {
	for name, phases := range map[string]int{"32": 32, "33": 33, "100": 100} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t)
			ctx, r := tel.StartRetrieve(context.Background(), 10)
			for i := range phases {
				pctx, p := r.StartPhase(ctx, otelcache.ToGPU)
				if i >= 32 && !trace.SpanContextFromContext(pctx).Equal(trace.SpanContextFromContext(ctx)) {
					t.Errorf("phase %d changes the span of the context", i)
				}
				p.SetChunks(i)
				time.Sleep(ms)
				p.End()
			}
			for range phases {
				r.RecordPhase(otelcache.Broadcast, time.Now(), time.Now().Add(2*ms))
			}
			r.Finish(0)
			seconds := func(name string, want float64) {
				var got float64
				if _, err := fmt.Sscanf(tel.fed(t)[name], "sum %g,", &got); err != nil || math.Abs(got-want) > 1e-9 {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
			seconds("lmcache.retrieve.to_gpu.duration", float64(phases)/1000)
			seconds("lmcache.retrieve.broadcast.duration", float64(phases)/500)
			ended := tel.spans.Ended()
			if len(ended) != 33 {
				t.Errorf("%d spans, want the retrieve's and 32", len(ended))
			}
			if attrs := attribute.NewSet(ended[len(ended)-1].Attributes()...); !hasInt(attrs, "lmcache.phases.merged", 2*phases-32) {
				t.Errorf("the retrieve has %v, want %d merged phases", attrs.ToSlice(), 2*phases-32)
			}
		})
	}
}

// TestMergedPhasesOfOperationsThatFail checks that a failure says it, too.
func TestMergedPhasesOfOperationsThatFail(t *testing.T) {
	for name, end := range map[string]func(otelcache.Store){
		"failed": func(s otelcache.Store) { s.Fail(errBroken) }, "abandoned": func(s otelcache.Store) { s.Abandon() },
	} {
		t.Run(name, func(t *testing.T) {
			tel := newTelemetry(t)
			ctx, s := tel.StartStore(context.Background(), 10)
			for range 40 {
				_, p := s.StartPhase(ctx, otelcache.Put)
				p.End()
			}
			end(s)
			ended := tel.spans.Ended()
			if attrs := attribute.NewSet(ended[len(ended)-1].Attributes()...); !hasInt(attrs, "lmcache.phases.merged", 8) {
				t.Errorf("the store has %v, want 8 merged phases", attrs.ToSlice())
			}
		})
	}
}

func hasInt(s attribute.Set, k attribute.Key, want int) bool {
	v, ok := s.Value(k)
	return ok && v.AsInt64() == int64(want)
}
