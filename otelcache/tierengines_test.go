// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// ofRedisByModel returns what a reader gets of the sums of the tier redis, by
// metric and model, as text. Those that are 0 are left out.
func ofRedisByModel(t *testing.T, r sdkmetric.Reader) points {
	t.Helper()
	values := map[string]int64{}
	for _, m := range collect(t, r) {
		sum, ok := m.Data.(metricdata.Sum[int64])
		if !ok {
			continue
		}
		for _, d := range sum.DataPoints {
			model, _ := d.Attributes.Value("gen_ai.request.model")
			if tier, _ := d.Attributes.Value("lmcache.tier.name"); tier.AsString() == "redis" {
				values[m.Name+" of "+model.AsString()] += d.Value
			}
		}
	}
	p := points{}
	for name, n := range values {
		if n != 0 {
			p[name] = fmt.Sprint(n)
		}
	}
	return p
}

// readOnce reads from redis.
func readOnce(tier *otelcache.TierMonitor) {
	_, read := tier.StartRead(context.Background(), 1)
	time.Sleep(ms)
	read.Finish(1, 1)
}

// makeRoom has an engine of a set of one make room for another, and that for
// the first, whose handle is kept.
func makeRoom(t *testing.T, s *engineSet) {
	t.Helper()
	evicted(t, s.cumulative)
	evicted(t, s.delta)
	s.look()
	evicted(t, s.cumulative)
	evicted(t, s.delta)
	time.Sleep(idle)
}

// TestTierOfAnEngineThatMadeRoom keeps the monitors of tiers while their
// engines make room and come back: those start at 0.
func TestTierOfAnEngineThatMadeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 1, tiersOption)
		want := func(cumulative, delta points) {
			t.Helper()
			wantPoints(t, ofRedisByModel(t, s.cumulative), cumulative)
			wantPoints(t, ofRedisByModel(t, s.delta), delta)
		}
		read := func(model string, n int) points {
			text := fmt.Sprint(n)
			return points{
				"lmcache.tier.operations of " + model: text, "lmcache.tier.io of " + model: text, "lmcache.tier.tokens of " + model: text,
			}
		}
		a := s.model("a").Tier("redis")
		for range 3 {
			readOnce(a)
		}
		want(read("a", 3), read("a", 3))
		makeRoom(t, s)
		readOnce(s.model("b").Tier("redis"))
		readOnce(a) // there is no room
		both := read("b", 1)
		maps.Copy(both, read("_OTHER", 1))
		want(both, both)
		makeRoom(t, s)
		_, open := a.StartRead(context.Background(), 1) // a is back
		inFlight := read("_OTHER", 1)
		inFlight["lmcache.tier.operations of a"], inFlight["lmcache.tier.active_operations of a"] = "1", "1"
		want(inFlight, points{"lmcache.tier.operations of a": "1", "lmcache.tier.active_operations of a": "1"})
		open.Finish(1, 1)
		_, move := a.StartMove(context.Background(), "memory", 1)
		move.Fail(errBroken)
		ended := read("_OTHER", 1)
		maps.Copy(ended, read("a", 1))
		ended["lmcache.tier.operations of a"], ended["lmcache.tier.operation.failures of a"] = "2", "1"
		want(ended, points{
			"lmcache.tier.operations of a": "1", "lmcache.tier.io of a": "1", "lmcache.tier.tokens of a": "1",
			"lmcache.tier.operation.failures of a": "1",
		})
	})
}

// TestTierOfAnEngineOfSomebodyElse has an engine of a set that comes back when
// another owner has it on the page, with other tiers or with none.
func TestTierOfAnEngineOfSomebodyElse(t *testing.T) {
	for name, opts := range map[string][]otelcache.Option{
		"no tiers": nil, "others": {otelcache.WithTiers(otelcache.Disk("nvme"), otelcache.Remote("redis"))},
	} {
		bubble(t, name, func(t *testing.T) {
			s := newEngineSet(t, 1, tiersOption)
			a := s.model("a").Tier("redis")
			makeRoom(t, s)
			s.model("b")
			makeRoom(t, s)
			makeRoom(t, s)
			owned := openMonitor(t, otelcache.Engine{ModelName: "a"}, append(opts, otelcache.WithMeterProvider(s.provider))...)
			readOnce(a)
			_, move := a.StartMove(context.Background(), "memory", 1)
			move.Finish(1, 1)
			a.RecordRead(context.Background(), otelcache.TierRecord{})
			a.Evict(context.Background(), 1, 1, otelcache.Capacity)
			a.Clear(context.Background())
			a.SetUsage(1)
			got := ofRedisByModel(t, s.cumulative)["lmcache.tier.operations of a"]
			if want := map[string]string{"no tiers": "", "others": "3"}[name]; got != want {
				t.Errorf("%q operations of the tier, want %q", got, want)
			}
			if owned.Tier("redis") == a {
				t.Error("the owner has the tier of the set")
			}
		})
	}
}
