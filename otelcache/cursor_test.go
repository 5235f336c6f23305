// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

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

func TestHitRatesOfAnIdleInterval(t *testing.T) {
	for name, c := range map[string]*otelcache.Cursor{
		"nil": nil, "zero": new(otelcache.Cursor), "live": newTelemetry(t).Cursor(),
	} {
		if s := c.Next(); s.RetrieveHitRate != 1 || s.LookupHitRate != 0 {
			t.Errorf("%s cursor: the hit rates are %v and %v, want 1 and 0", name, s.RetrieveHitRate, s.LookupHitRate)
		}
	}
}
