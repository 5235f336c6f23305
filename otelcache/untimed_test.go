// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestOperationsThatNobodyTimed finishes operations that were in progress when the first cursor came: they are counted, and have no time.
func TestOperationsThatNobodyTimed(t *testing.T) {
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(metricnoop.NewMeterProvider()), otelcache.WithTracerProvider(tracenoop.NewTracerProvider()))
	_, get := m.StartRemoteGet(context.Background())
	_, put := m.StartRemotePut(context.Background())
	_, lookup := m.StartLookup(context.Background(), 10)
	cursor := m.Cursor()
	time.Sleep(time.Millisecond)
	get.Finish(7)
	put.Finish(8)
	lookup.Finish(5)
	s := cursor.Next()
	if s.RemoteReadIO != 7 || s.RemoteWriteIO != 8 || s.LookupHitTokens != 5 {
		t.Errorf("got %d bytes read, %d written and %d hits, want 7, 8 and 5", s.RemoteReadIO, s.RemoteWriteIO, s.LookupHitTokens)
	}
	if n := s.RemoteGetDuration.Count() + s.RemotePutDuration.Count() + s.LookupDuration.Count(); n != 0 {
		t.Errorf("got %d times of operations that nobody timed, want none", n)
	}
}

// TestNilContextOfAPhase uses what StartPhase returns for a nil context, with a request that no trace records.
func TestNilContextOfAPhase(t *testing.T) {
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(metricnoop.NewMeterProvider()), otelcache.WithTracerProvider(tracenoop.NewTracerProvider()))
	_, r := m.StartRetrieve(context.Background(), 1)
	//lint:ignore SA1012 the point of the test
	if ctx, _ := r.StartPhase(nil, otelcache.ToGPU); otelcache.RetrieveFromContext(ctx) != r {
		t.Errorf("got the context %v, want the retrieve's", ctx)
	}
	//lint:ignore SA1012 the point of the test
	if ctx, _ := new(otelcache.Store).StartPhase(nil, otelcache.Put); ctx == nil {
		t.Error("got a nil context of the zero store")
	}
}
