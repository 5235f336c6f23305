// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestMisuse checks that each mistake is reported once and feeds nothing but what is said here.
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
		}, "ends before it starts", stored},
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
		{"negative bytes", func(m *otelcache.Monitor) { m.RecordRemoteRead(-1) }, "-1", points{"lmcache.remote.read.requests": "1"}},
		{"negative gauge", func(m *otelcache.Monitor) { m.SetLocalCacheUsage(-1) }, "-1", points{"lmcache.local_cache.usage": "0"}},
		{"negative keys", func(m *otelcache.Monitor) { m.RecordEviction(-1) }, "-1", points{"lmcache.local_cpu.evictions": "1"}},
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
		tel.wantMisuse(t, "negative")
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

func TestPhaseEndedTwiceCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		_, s := tel.StartStore(context.Background(), 10)
		_, p := s.StartPhase(context.Background(), otelcache.Put)
		time.Sleep(20 * ms)
		p.End()
		time.Sleep(20 * ms)
		p.End()
		s.Finish(0)
		tel.misuse.take() // whether it is reported is not promised
		if got := tel.fed(t)["lmcache.store.put.duration"]; got != "sum 0.02, 1 ≤ 0.02048" {
			t.Errorf("put is %q, want 20 ms", got)
		}
	})
}

// TestNobodyPanics uses values that nobody made, as a host does whose constructor failed or whose context has no retrieve.
func TestNobodyPanics(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		use  func(*otelcache.Monitor)
	}{
		{"nil retrieve", func(*otelcache.Monitor) {
			var r otelcache.Retrieve
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			p.SetBytes(1)
			p.End()
			r.RecordPhase(otelcache.ToGPU, time.Now(), time.Now())
			r.Finish(1)
			r.Fail(nil)
		}},
		{"attributes of a nil retrieve", func(*otelcache.Monitor) {
			otelcache.RetrieveFromContext(ctx).SetRequestID("r1")
			otelcache.RetrieveFromContext(ctx).SetAttributes()
		}},
		{"retrieve from a nil context", func(*otelcache.Monitor) {
			otelcache.RetrieveFromContext(nil) //lint:ignore SA1012 the point of the test
		}},
		{"phase with a nil context", func(m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1)
			r.StartPhase(nil, otelcache.ToGPU) //lint:ignore SA1012 the point of the test
		}},
		{"nil context", func(m *otelcache.Monitor) {
			_, l := m.StartLookup(nil, 1)               //lint:ignore SA1012 the point of the test
			_, r := m.StartRetrieve(nil, 1)             //lint:ignore SA1012 the point of the test
			_, s := m.ServeTransfer(nil, 1, "")         //lint:ignore SA1012 the point of the test
			m.RecordChunkReuse(nil, time.Second)        //lint:ignore SA1012 the point of the test
			m.RecordRemoteGetSyncTime(nil, time.Second) //lint:ignore SA1012 the point of the test
			l.Finish(1)
			r.Finish(1)
			s.Finish()
		}},
		{"zero values", func(*otelcache.Monitor) {
			(otelcache.Lookup{}).Finish(1)
			(otelcache.Retrieve{}).Finish(1)
			(otelcache.Store{}).Fail(nil)
			(otelcache.Transfer{}).Finish()
			(otelcache.RemoteGet{}).Finish(1)
			(otelcache.RemotePut{}).Fail(nil)
			new(otelcache.Phase).End()
		}},
		{"monitor of a constructor that failed", func(*otelcache.Monitor) {
			for _, create := range []func(otelcache.Engine, ...otelcache.Option) (*otelcache.Monitor, error){otelcache.New, otelcache.GetOrCreate} {
				m, err := create(testEngine, otelcache.WithMeterProvider(nil))
				if err == nil {
					t.Error("a nil meter provider is no error")
				}
				lctx, l := m.StartLookup(ctx, 1)
				l.Finish(1)
				if lctx != ctx {
					t.Error("a monitor that records nothing changes the context")
				}
				m.RecordEviction(1)
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		}},
		{"observation of an Observe that failed", func(m *otelcache.Monitor) {
			o, _ := m.Observe(instruments.ObservableGauge{}, nil)
			o.Unregister()
		}},
		{"logger of a constructor that failed", func(*otelcache.Monitor) {
			l, _ := otelcache.NewStatsLogger(nil, 0)
			if err := l.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		}},
		{"slow retrieve with a handler that panics", func(*otelcache.Monitor) {
			synctest.Test(t, func(t *testing.T) {
				handler := slog.NewTextHandler(panickingWriter{}, nil)
				tel := newTelemetry(t, otelcache.WithLogger(slog.New(handler)), otelcache.WithSlowRetrieve(1))
				_, r := tel.StartRetrieve(ctx, 1)
				time.Sleep(time.Second)
				r.Finish(1)
				if errs := tel.misuse.take(); len(errs) != 1 {
					t.Errorf("got %v, want one report of the panic", errs)
				}
			})
		}},
		{"error that panics", func(m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1)
			l.Fail((*panickingError)(nil))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("panic: %v", r)
				}
			}()
			c.use(tel.Monitor)
		})
	}
}

type panickingWriter struct{}

func (panickingWriter) Write([]byte) (int, error) { panic("no room") }

// panickingError has a text that panics for nil, as errors of careless libraries do.
type panickingError struct{ text string }

func (e *panickingError) Error() string { return e.text }
