// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestCursorsConcurrentSafe has two cursors and a logger read side by side
// while eight goroutines record: each sees every event once.
func TestCursorsConcurrentSafe(t *testing.T) {
	tel := newTelemetry(t, feedOptions...)
	var logged, first, second int64
	l, err := otelcache.NewStatsLogger(tel.Monitor, ms, otelcache.WithSink(func(s otelcache.Stats) { logged += seen(s) }))
	if err != nil {
		t.Fatal(err)
	}
	a, b := tel.Cursor(), tel.Cursor()
	const goroutines, each = 8, 500
	var recording, reading sync.WaitGroup
	for range goroutines {
		recording.Go(func() {
			for range each {
				_, l := tel.StartLookup(context.Background(), 2)
				l.Finish(1)
				tel.RecordChunkReuse(context.Background(), time.Second)
			}
		})
	}
	done := make(chan struct{})
	for _, r := range []struct {
		cursor *otelcache.Cursor
		sum    *int64
	}{{a, &first}, {b, &second}} {
		reading.Go(func() {
			for {
				select {
				case <-done:
					*r.sum += seen(r.cursor.Next())
					return
				default:
					*r.sum += seen(r.cursor.Next())
				}
			}
		})
	}
	recording.Wait()
	close(done)
	reading.Wait()
	if err := l.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	const want = goroutines * each * (1 + 2 + 1 + 1 + 1) // requests, tokens, hits, hit rates, lifespans
	if first != want || second != want || logged != want {
		t.Errorf("the cursors saw %d and %d, the logger %d, want %d each", first, second, logged, want)
	}
}

func seen(s otelcache.Stats) int64 {
	return s.LookupRequests + s.LookupRequestedTokens + s.LookupHitTokens +
		int64(s.LookupRequestHitRate.Count()+s.ChunkLifespan.Count())
}

// TestSumsConcurrentSafe has eight goroutines record hit rates, then durations:
// the sums of a cursor lose none. The values are exact in a float64.
func TestSumsConcurrentSafe(t *testing.T) {
	const goroutines = 8
	each := 300_000 // so that goroutines meet on a busy machine, too
	if raceEnabled {
		each = 30_000
	}
	m := openMonitor(t, testEngine, noProviders...)
	cursor := m.Cursor()
	for _, record := range []func(){
		func() { m.RecordLookup(context.Background(), otelcache.Record{Tokens: 4, Hits: 3}) },
		func() { m.RecordChunkReuse(context.Background(), time.Second) },
	} {
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				for range each {
					record()
				}
			})
		}
		wg.Wait()
	}
	s, n := cursor.Next(), float64(goroutines*each)
	if rates, lives := s.LookupRequestHitRate.Sum(), s.ChunkLifespan.Sum(); rates != 0.75*n || lives != n {
		t.Errorf("the hit rates sum to %v, the lifespans to %v, want %v and %v", rates, lives, 0.75*n, n)
	}
}
