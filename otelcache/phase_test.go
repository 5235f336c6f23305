// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestPhaseTimes(t *testing.T) {
	const toGPU, processTokens = "lmcache.retrieve.to_gpu.duration", "lmcache.retrieve.process_tokens.duration"
	for _, c := range []struct {
		name string
		run  func(context.Context, otelcache.Retrieve)
		want points
	}{
		{"entered again", func(ctx context.Context, r otelcache.Retrieve) {
			for range 3 {
				_, p := r.StartPhase(ctx, otelcache.ToGPU)
				time.Sleep(10 * ms)
				p.End()
			}
		}, points{toGPU: "sum 0.03, 1 ≤ 0.04096"}},
		{"overlapping", func(ctx context.Context, r otelcache.Retrieve) {
			_, a := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
			_, b := r.StartPhase(ctx, otelcache.ProcessTokens)
			time.Sleep(10 * ms)
			a.End()
			time.Sleep(30 * ms)
			b.End()
		}, points{toGPU: "sum 0.02, 1 ≤ 0.02048", processTokens: "sum 0.04, 1 ≤ 0.04096"}},
		{"several goroutines", func(ctx context.Context, r otelcache.Retrieve) {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					_, p := r.StartPhase(ctx, otelcache.ToGPU)
					time.Sleep(10 * ms)
					p.End()
				})
			}
			wg.Wait()
		}, points{toGPU: "sum 0.08, 1 ≤ 0.08192"}},
		{"recorded and live", func(ctx context.Context, r otelcache.Retrieve) {
			start := time.Now()
			r.RecordPhase(otelcache.ToGPU, start, start.Add(10*ms))
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
			p.End()
		}, points{toGPU: "sum 0.02, 1 ≤ 0.02048"}},
		{"still running", func(ctx context.Context, r otelcache.Retrieve) {
			r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
		}, points{}},
		{"from the context", func(ctx context.Context, _ otelcache.Retrieve) {
			_, p := otelcache.RetrieveFromContext(ctx).StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
			p.End()
		}, points{toGPU: "sum 0.01, 1 ≤ 0.01024"}},
	} {
		bubble(t, c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			ctx, r := tel.StartRetrieve(context.Background(), 10)
			c.run(ctx, r)
			r.Finish(0)
			got, fed := points{}, tel.fed(t)
			for _, name := range []string{toGPU, processTokens} {
				if v, ok := fed[name]; ok {
					got[name] = v
				}
			}
			wantPoints(t, got, c.want)
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

// TestManyPhasesAtOnce has more phases in progress than a request has room for, and ends them in another order than they started in.
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

func hasInt(s attribute.Set, k attribute.Key, want int) bool {
	v, ok := s.Value(k)
	return ok && v.AsInt64() == int64(want)
}
