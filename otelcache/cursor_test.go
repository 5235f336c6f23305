// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"testing"
	"time"
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
