// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"log/slog"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestNilAndZeroDoNothing calls every method of every exported type, twice, on
// values that no constructor made, as a host has them whose constructor failed
// or whose instrumentation is optional: nothing panics, fails or is reported,
// and the context that a method returns can be used.
func TestNilAndZeroDoNothing(t *testing.T) {
	for name, typ := range exportedTypes(t) {
		if typ.Kind() == reflect.Interface {
			continue
		}
		zero := reflect.New(typ)
		values := map[string]reflect.Value{"zero": zero, "copied zero": zero.Elem(), "nil": reflect.Zero(zero.Type())}
		for what, v := range values {
			for i := range v.NumMethod() {
				method := v.Type().Method(i).Name
				if _, ok := typ.MethodByName(method); ok && what == "nil" {
					continue // Go itself panics for the value that is not there
				}
				t.Run(name+"."+method+" of the "+what+" value", func(t *testing.T) {
					captureReports(t)
					defer wantNoPanic(t)
					for _, ctx := range []context.Context{nil, context.Background()} {
						for _, result := range callWithZeros(v.Method(i), ctx) {
							switch r := result.Interface().(type) {
							case error:
								t.Errorf("it fails: %v", r)
							case nil:
								if result.Type() == reflect.TypeFor[context.Context]() {
									t.Error("it returns a nil context")
								}
							}
						}
					}
				})
			}
		}
	}
}

// callWithZeros calls f with ctx for contexts and with zero values for the rest.
func callWithZeros(f reflect.Value, ctx context.Context) []reflect.Value {
	var args []reflect.Value
	for i := range f.Type().NumIn() {
		arg := reflect.New(f.Type().In(i)).Elem()
		if arg.Type() == reflect.TypeFor[context.Context]() && ctx != nil {
			arg.Set(reflect.ValueOf(ctx))
		}
		args = append(args, arg)
	}
	if f.Type().IsVariadic() {
		return f.CallSlice(args)
	}
	return f.Call(args)
}

func wantNoPanic(t *testing.T) {
	t.Helper()
	if r := recover(); r != nil {
		t.Errorf("panic: %v", r)
	}
}

// TestNobodyPanics has what a careless host may do besides.
func TestNobodyPanics(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		use  func(*otelcache.Monitor)
	}{
		{"retrieve from a nil context", func(*otelcache.Monitor) {
			//lint:ignore SA1012 the point of the test
			if r := otelcache.RetrieveFromContext(nil); r != (otelcache.Retrieve{}) {
				t.Errorf("got %v, want the zero retrieve", r)
			}
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
		{"monitor of a constructor that failed", func(*otelcache.Monitor) {
			type constructor func(otelcache.Engine, ...otelcache.Option) (*otelcache.Monitor, error)
			for _, create := range []constructor{otelcache.New, otelcache.GetOrCreate} {
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
			defer wantNoPanic(t)
			c.use(tel.Monitor)
		})
	}
}

type panickingWriter struct{}

func (panickingWriter) Write([]byte) (int, error) { panic("no room") }

// panickingError has a text that panics for nil, as errors of careless
// libraries do.
type panickingError struct{ text string }

func (e *panickingError) Error() string { return e.text }
