// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestMisuse checks that each mistake is reported once and feeds nothing but
// what is said here.
func TestMisuse(t *testing.T) {
	ctx := context.Background()
	lookedUp := points{
		"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "10", "lmcache.lookup.hit_tokens": "5",
		"lmcache.lookup.request_hit_rate": "sum 0.5, 1 ≤ 0.5",
	}
	stored := points{"lmcache.store.requests": "1", "lmcache.store.tokens": "10"}
	for _, c := range []struct {
		name   string
		misuse func(*otelcache.Monitor)
		report string
		want   points
	}{
		{"finished twice", func(m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 10)
			l.Finish(5)
			l.Finish(7)
		}, "lmcache.lookup", lookedUp},
		{"failed after it finished", func(m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 10)
			l.Finish(5)
			l.Fail(errBroken)
		}, "lmcache.lookup", lookedUp},
		{"phase started too late", func(m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 10)
			s.Finish(otelcache.AllTokens)
			_, p := s.StartPhase(ctx, otelcache.Put)
			time.Sleep(ms)
			p.End()
		}, "start of put", stored},
		{"phase ended too late", func(m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 10)
			_, p := s.StartPhase(ctx, otelcache.Put)
			s.Finish(otelcache.AllTokens)
			p.End()
		}, "end of put", stored},
		{"phase of another kind", func(m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 10)
			_, p := s.StartPhase(ctx, otelcache.ToGPU)
			p.End()
			s.Finish(otelcache.AllTokens)
		}, "to_gpu in lmcache.store", stored},
		{"unknown phase", func(m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 10)
			s.RecordPhase(200, time.Now(), time.Now())
			s.Finish(otelcache.AllTokens)
		}, "unknown phase 200", stored},
		{"reversed times", func(m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 10)
			s.RecordPhase(otelcache.Put, time.Now(), time.Now().Add(-ms))
			s.Finish(otelcache.AllTokens)
		}, "an end that is not before the start", stored},
		{
			"negative requested tokens", func(m *otelcache.Monitor) { m.StartLookup(ctx, -10) },
			"-10",
			points{"lmcache.lookup.requests": "1"},
		},
		{"negative hit tokens", func(m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 10)
			r.Finish(-5)
		}, "-5", points{"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "10"}},
		{"more hits than requested", func(m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 10)
			time.Sleep(2 * ms)
			l.Finish(20)
		}, "20 of 10 in lmcache.lookup", points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "10", "lmcache.lookup.hit_tokens": "20",
			"lmcache.lookup.duration": "sum 0.002, 1 ≤ 0.00256", "lmcache.lookup.request_hit_rate": "sum 1, 1 ≤ 1",
		}},
		{"negative stored tokens", func(m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 10)
			s.Finish(-2)
		}, "-2", points{"lmcache.store.requests": "1"}},
		{
			"negative bytes", func(m *otelcache.Monitor) { m.RecordRemoteRead(-1) },
			"-1",
			points{"lmcache.remote.read.requests": "1"},
		},
		{
			"negative gauge", func(m *otelcache.Monitor) { m.SetLocalCacheUsage(-1) },
			"-1",
			points{},
		},
		{
			"negative keys", func(m *otelcache.Monitor) { m.RecordEviction(-1) },
			"-1",
			points{"lmcache.local_cpu.evictions": "1"},
		},
	} {
		bubble(t, c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			c.misuse(tel.Monitor)
			wantPoints(t, tel.fed(t), c.want)
			tel.wantMisuse(t, c.report)
		})
	}
}

func TestMisuseIsReportedOnceInTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		for range 5 {
			tel.RecordEviction(-1)
		}
		tel.wantMisuse(t, "-1 in lmcache.local_cpu.evicted_keys")
		time.Sleep(10*time.Second - time.Nanosecond)
		tel.RecordEviction(-1)
		if errs := tel.misuse.take(); len(errs) != 0 {
			t.Errorf("got %v before ten seconds were over", errs)
		}
		time.Sleep(time.Nanosecond)
		tel.RecordEviction(-1)
		tel.wantMisuse(t, "5 more")
	})
}
