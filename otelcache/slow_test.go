// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestSlowRetrieves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(logRecorder)
		tel := newTelemetry(t, otelcache.WithLogger(slog.New(log)),
			otelcache.WithSlowRetrieve(time.Second), otelcache.WithSlowRetrieveSpeed(100))
		retrieve := func(d time.Duration, hits int) otelcache.Retrieve {
			_, r := tel.StartRetrieve(context.Background(), 1000)
			r.SetRequestID("request 7")
			time.Sleep(d)
			r.Finish(hits)
			return r
		}
		retrieve(time.Second, 100) // on both thresholds, and not beyond
		if entries := log.take(); len(entries) != 0 {
			t.Errorf("got %v of a retrieve on the thresholds, want no warning", entries)
		}
		r := retrieve(time.Second+1, 1000)
		entries := log.take()
		if len(entries) != 1 {
			t.Fatalf("got %d warnings, want 1", len(entries))
		}
		if e := entries[0]; e.level != slog.LevelWarn || otelcache.RetrieveFromContext(e.ctx) != r {
			t.Errorf("got level %v, want a warning with the request's context", e.level)
		}
		if got := entries[0].attrs["lmcache.request.id"].String(); got != "request 7" {
			t.Errorf("the warning names request %q, want %q", got, "request 7")
		}
		retrieve(time.Second, 99)
		retrieve(3*time.Second, 0)
		if entries := log.take(); len(entries) != 0 {
			t.Errorf("got %v within ten seconds, want nothing", entries)
		}
		time.Sleep(10 * time.Second)
		retrieve(2*time.Second, 10)
		if entries := log.take(); len(entries) != 1 || entries[0].attrs["skipped"].Int64() != 2 {
			t.Errorf("got %v, want one warning that 2 were skipped", entries)
		}
		fed := tel.fed(t)
		byTime, bySpeed := fed["lmcache.retrieve.slow_by_time"], fed["lmcache.retrieve.slow_by_speed"]
		if byTime != "3" || bySpeed != "2" {
			t.Errorf("got %s by time and %s by speed, want 3 and 2", byTime, bySpeed)
		}
	})
}
