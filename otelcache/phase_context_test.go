// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestPhaseOfTheCallersContext starts a phase with the context that the request was started with, which is easily done.
func TestPhaseOfTheCallersContext(t *testing.T) {
	tel := newTelemetry(t)
	ctx, caller := tel.tracer.Tracer("caller").Start(context.Background(), "request")
	_, r := tel.StartRetrieve(ctx, 10)
	_, p := r.StartPhase(ctx, otelcache.ToGPU)
	p.End()
	r.Finish(0)
	caller.End()
	ended := tel.spans.Ended()
	phase, request := ended[0], ended[1]
	if phase.Parent().SpanID() != request.SpanContext().SpanID() {
		t.Errorf("the parent of the phase is %v, want the request %v", phase.Parent().SpanID(), request.SpanContext().SpanID())
	}
}

// TestZeroTimesOfRemoteCalls holds the exception to the rule that zero durations are not recorded.
func TestZeroTimesOfRemoteCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		tel.RecordRemoteGetTime(context.Background(), 0)
		_, p := tel.StartRemotePut(context.Background())
		p.Finish(0)
		fed := tel.fed(t)
		for _, name := range []string{"lmcache.remote.get.duration", "lmcache.remote.put.duration"} {
			if got, want := fed[name], "sum 0, 1 ≤ 0.001"; got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	})
}

func TestPingLatencyOfStatsIsExact(t *testing.T) {
	m := newTelemetry(t).Monitor
	cursor := m.Cursor()
	for d := time.Duration(1); d < 100_000; d += 7 {
		m.RecordPing(d, 0)
		if got := cursor.Next().RemotePingLatency; got != d {
			t.Fatalf("a ping of %v reads %v", d, got)
		}
	}
}
