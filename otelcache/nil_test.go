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
