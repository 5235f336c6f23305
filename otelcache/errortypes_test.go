// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// errorTypesOf returns the number of failed lookups by the type of their error.
func errorTypesOf(t *testing.T, tel *telemetry) map[string]string {
	t.Helper()
	types := map[string]string{}
	for name, value := range tel.fed(t) {
		if attrs, ok := strings.CutPrefix(name, "lmcache.lookup.duration{error.type="); ok {
			types[strings.TrimSuffix(attrs, "}")] = value
		}
	}
	return types
}

func failLookup(m *otelcache.Monitor, err error) {
	_, l := m.StartLookup(context.Background(), 1)
	time.Sleep(ms)
	l.Fail(err)
}

// TestErrorTypesAreBounded has more types of errors than have series of their own,
// of two engines. Those of before keep theirs, and Go's sentinels have theirs.
func TestErrorTypesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		other := openMonitor(t, otelcache.Engine{WorkerID: "other"}, noProviders...)
		for i := range 16 {
			failLookup(other, typedError{fmt.Sprint("type ", i)}) // half of them
		}
		for range 2 {
			for i := range 40 {
				failLookup(tel.Monitor, typedError{fmt.Sprint("type ", i)})
			}
			failLookup(tel.Monitor, io.EOF)
		}
		got := errorTypesOf(t, tel)
		if len(got) != 32+2 || !strings.HasSuffix(got["_OTHER"], ", 16 ≤ 0.00128") || got["io.EOF"] != "sum 0.002, 2 ≤ 0.00128" {
			t.Errorf("got %d types: %v, want 32, _OTHER 16 times, and io.EOF twice", len(got), got)
		}
		for i := range 32 {
			if name := fmt.Sprint("type ", i); got[name] != "sum 0.002, 2 ≤ 0.00128" {
				t.Errorf("%s is %q, want it twice", name, got[name])
			}
		}
		for _, s := range tel.spans.Ended() {
			if line := spanLine(t, s); strings.Contains(line, "error.type=type 39") {
				t.Errorf("the span has another type than the metric: %s", line)
			}
		}
		tel.wantMisuse(t, "too many types of errors", "type 32", "at most 32")
	})
}

// TestErrorTypesConcurrentSafe has goroutines bring types of their own at once.
func TestErrorTypesConcurrentSafe(t *testing.T) {
	tel := newTelemetry(t, untraced)
	var wg sync.WaitGroup
	const goroutines, each = 8, 200
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				now := time.Now()
				tel.RecordLookup(context.Background(), otelcache.Record{
					Start: now.Add(-time.Second), End: now, Tokens: 1, Err: typedError{fmt.Sprint("type ", g, i)},
				})
			}
		})
	}
	wg.Wait()
	all := totals{}
	all.add(tel.fed(t), 1)
	var types, failures int
	for name, total := range all {
		if strings.HasPrefix(name, "lmcache.lookup.duration{error.type=") {
			types++
			for _, n := range total.buckets {
				failures += n
			}
		}
	}
	if types != 33 || failures != goroutines*each {
		t.Errorf("%d types of %d failures, want 33 of %d", types, failures, goroutines*each)
	}
	tel.wantMisuse(t, "too many types of errors")
}
