// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"

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

func hasInt(s attribute.Set, k attribute.Key, want int) bool {
	v, ok := s.Value(k)
	return ok && v.AsInt64() == int64(want)
}
