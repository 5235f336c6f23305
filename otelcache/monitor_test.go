// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"time"
)

// TestClosedMonitorStillWorks checks that what a host does after Close reaches
// no metric and harms nothing.
func TestClosedMonitorStillWorks(t *testing.T) {
	tel := newTelemetry(t)
	cursor := tel.Cursor()
	closeMonitor(t, tel.Monitor)
	closeMonitor(t, tel.Monitor)
	_, l := tel.StartLookup(context.Background(), 10)
	l.Finish(5)
	_, r := tel.StartRetrieve(context.Background(), 10)
	r.Fail(errBroken)
	tel.RecordChunkReuse(context.Background(), time.Second)
	wantPoints(t, tel.collect(t), points{})
	if n := len(tel.spans.Ended()); n != 2 {
		t.Errorf("got %d spans, want 2: spans outlive Close", n)
	}
	if s := cursor.Next(); s.LookupRequests != 1 || s.RetrieveRequests != 1 {
		t.Errorf("the cursor has %d lookups and %d retrieves, want 1 each", s.LookupRequests, s.RetrieveRequests)
	}
}
