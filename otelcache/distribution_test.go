// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestDistributionIsCloseToTheValues(t *testing.T) {
	m := newTelemetry(t).Monitor
	cursor := m.Cursor()
	rapid.Check(t, func(t *rapid.T) {
		var values []time.Duration
		var sum time.Duration
		for _, power := range rapid.SliceOfN(rapid.Float64Range(0, 15), 1, 50).Draw(t, "powers of ten") {
			d := time.Duration(math.Pow(10, power)) // a nanosecond to eleven days
			values, sum = append(values, d), sum+d
			m.RecordChunkReuse(context.Background(), d)
		}
		slices.Sort(values)
		got := cursor.Next().ChunkLifespan
		if got.Count() != uint64(len(values)) || got.Sum() != sum.Seconds() {
			t.Fatalf("count %d, sum %v, want %d and %v", got.Count(), got.Sum(), len(values), sum.Seconds())
		}
		near := func(what string, got float64, d time.Duration) {
			if want := d.Seconds(); math.Abs(got-want) > 0.05*want {
				t.Fatalf("%s is %v, want %v within 5 %%", what, got, want)
			}
		}
		near("min", got.Min(), values[0])
		near("max", got.Max(), values[len(values)-1])
		for _, q := range []float64{0.25, 0.5, 0.75} {
			near("quantile", got.Quantile(q), values[int(math.Ceil(q*float64(len(values))))-1])
		}
	})
}

// TestDistributionBeyondItsBuckets takes values above 2^46 and below a nanosecond,
// which have no bucket of their own.
func TestDistributionBeyondItsBuckets(t *testing.T) {
	const tokens = math.MaxInt32 // in a nanosecond
	m := newTelemetry(t).Monitor
	cursor := m.Cursor()
	start := time.Now().Add(-time.Second)
	for range 2 {
		m.RecordRetrieve(context.Background(), otelcache.Record{
			Start: start, End: start.Add(time.Nanosecond), Tokens: tokens, Hits: tokens,
		})
		m.RecordLookup(context.Background(), otelcache.Record{Tokens: tokens, Hits: 1})
	}
	s := cursor.Next()
	const speed, rate = tokens / 1e-9, 1.0 / tokens
	if d := s.RetrieveSpeed; d.Count() != 2 || math.Abs(d.Sum()-2*speed) > 1e-9*speed || d.Min() < 1<<45 || d.Max() > 1<<46 {
		t.Errorf("got %d speeds that sum to %v, from %v to %v, want 2 that sum to %v, in the last bucket below 2^46",
			d.Count(), d.Sum(), d.Min(), d.Max(), 2*speed)
	}
	if d := s.LookupRequestHitRate; d.Count() != 2 || d.Sum() != 2*rate || d.Min() != 0 || d.Max() != 0 {
		t.Errorf("got %d hit rates that sum to %v, from %v to %v, want 2 that sum to %v, in the bucket of 0",
			d.Count(), d.Sum(), d.Min(), d.Max(), 2*rate)
	}
}

// TestHitRatesDoNotExceedOne looks at what a person reads after lookups that
// all hit, some of them all of their tokens.
func TestHitRatesDoNotExceedOne(t *testing.T) {
	m := newTelemetry(t).Monitor
	cursor := m.Cursor()
	for _, hits := range []int{10, 10, 3, 10} {
		_, l := m.StartLookup(context.Background(), 10)
		l.Finish(hits)
	}
	got := cursor.Next().LookupRequestHitRate
	if got.Max() != 1 || got.Quantile(0.5) != 1 || math.Abs(got.Min()-0.3) > 0.05*0.3 {
		t.Errorf("got min %v, median %v, max %v, want about 0.3, 1 and 1", got.Min(), got.Quantile(0.5), got.Max())
	}
	_, l := m.StartLookup(context.Background(), 10)
	l.Finish(3)
	if got := cursor.Next().LookupRequestHitRate; math.Abs(got.Min()-0.3) > 1e-12 || got.Min() != got.Max() {
		t.Errorf("got min %v and max %v of one value, want 0.3, to the rounding of a sum", got.Min(), got.Max())
	}
}

func TestEmptyDistribution(t *testing.T) {
	var d otelcache.Distribution
	if d.Count() != 0 || d.Sum() != 0 || d.Mean() != 0 || d.Min() != 0 || d.Max() != 0 || d.Quantile(0.5) != 0 {
		t.Errorf("got %+v, want all of it 0", d)
	}
	got := logged(d)
	for _, name := range []string{"count", "mean", "p50", "p90", "p99", "max"} {
		if v, ok := got[name]; !ok || v.String() != "0" {
			t.Errorf("%s is logged as %s, want 0", name, v)
		}
	}
}
