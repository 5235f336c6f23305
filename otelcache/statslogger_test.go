// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestStatsLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(logRecorder)
		tel := newTelemetry(t, otelcache.WithLogger(slog.New(log)))
		var got []otelcache.Stats
		l, err := otelcache.NewStatsLogger(tel.Monitor, 10*time.Second,
			otelcache.WithSink(func(otelcache.Stats) { panic("broken sink") }),
			otelcache.WithSink(func(s otelcache.Stats) { got = append(got, s) }))
		if err != nil {
			t.Fatal(err)
		}
		tel.RecordEviction(12)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		wantReport(t, tel.misuse, nil, "broken sink")
		tel.RecordEviction(3)
		time.Sleep(4 * time.Second)
		for range 2 {
			if err := l.Shutdown(context.Background()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}
		if errs := tel.misuse.take(); len(errs) != 0 {
			t.Errorf("got %v of a sink that was reported before and has not worked since", errs)
		}
		if len(got) != 2 || got[0].LocalCPUEvictedKeys != 12 || got[1].LocalCPUEvictedKeys != 3 ||
			got[0].Interval != 10*time.Second || got[1].Interval != 4*time.Second {
			t.Errorf("got %v, want 12 keys in 10 s and 3 in 4 s", got)
		}
		entries := log.take()
		if len(entries) != 2 || entries[0].attrs["stats.lmcache.local_cpu.evicted_keys"].Int64() != 12 {
			t.Errorf("logged %v, want two records, the first of 12 keys", entries)
		}
	})
}

// TestIdleIntervals has a sink beside the records, and an interval in which
// something happens between two in which nothing does.
func TestIdleIntervals(t *testing.T) {
	for name, c := range map[string]struct {
		opts    []otelcache.StatsLoggerOption
		records []int64 // keys
	}{
		"records":         {nil, []int64{12}},
		"idle records":    {[]otelcache.StatsLoggerOption{otelcache.WithIdleRecords()}, []int64{0, 12, 0}},
		"without records": {[]otelcache.StatsLoggerOption{otelcache.WithoutRecords()}, nil},
		"neither":         {[]otelcache.StatsLoggerOption{otelcache.WithoutRecords(), otelcache.WithIdleRecords()}, nil},
	} {
		bubble(t, name, func(t *testing.T) {
			log := new(logRecorder)
			tel := newTelemetry(t, otelcache.WithLogger(slog.New(log)), otelcache.WithSlowRetrieve(time.Second))
			sunk := 0
			sink := otelcache.WithSink(func(otelcache.Stats) { sunk++ })
			l, err := otelcache.NewStatsLogger(tel.Monitor, 10*time.Second, append(c.opts, nil, sink)...)
			if err != nil {
				t.Fatal(err)
			}
			tel.SetLocalCacheUsage(7) // a gauge is no event
			time.Sleep(15 * time.Second)
			tel.RecordEviction(12)
			time.Sleep(10 * time.Second)
			if err := l.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			var got []int64
			for _, e := range log.take() {
				got = append(got, optionalInt(e.attrs["stats.lmcache.local_cpu.evicted_keys"]))
			}
			if !slices.Equal(got, c.records) {
				t.Errorf("logged %v keys, want %v", got, c.records)
			}
			if sunk != 3 {
				t.Errorf("the sink got %d intervals, want 3", sunk)
			}
			_, r := tel.StartRetrieve(context.Background(), 1)
			time.Sleep(2 * time.Second)
			r.Finish(1)
			if n := len(log.take()); n != 1 {
				t.Errorf("got %d warnings of a slow retrieve, want 1", n)
			}
		})
	}
}

// optionalInt returns 0 for a value that was left out.
func optionalInt(v slog.Value) int64 {
	if v.Kind() != slog.KindInt64 {
		return 0
	}
	return v.Int64()
}

// TestEveryEventIsLogged checks that no interval with an event counts as idle.
func TestEveryEventIsLogged(t *testing.T) {
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			log := new(logRecorder)
			tel := newTelemetry(t, append(feedOptions, otelcache.WithLogger(slog.New(log)))...)
			l, err := otelcache.NewStatsLogger(tel.Monitor, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			f.feed(context.Background(), tel.Monitor)
			log.take()
			if err := l.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			events := false
			for name := range statsOf(f.want) {
				m, _ := instruments.Lookup(name)
				events = events || m.Kind == instruments.KindCounter || m.Kind == instruments.KindHistogram
			}
			if n := len(log.take()); (n == 1) != events || n > 1 {
				t.Errorf("logged %d records, want one if there was an event: %t", n, events)
			}
		})
	}
}

func TestStatsLoggerShutdownHonoursTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t, otelcache.WithLogger(discardLogger))
		release := make(chan struct{})
		hang := otelcache.WithSink(func(otelcache.Stats) { <-release })
		l, err := otelcache.NewStatsLogger(tel.Monitor, time.Second, hang)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := l.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while a sink hangs, want the context's error", err)
		}
		close(release)
		if err := l.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

func TestInvalidStatsLoggers(t *testing.T) {
	m := newTelemetry(t).Monitor
	for name, make := range map[string]func() (*otelcache.StatsLogger, error){
		"interval 0s": func() (*otelcache.StatsLogger, error) { return otelcache.NewStatsLogger(m, 0) },
		"WithSink(nil)": func() (*otelcache.StatsLogger, error) {
			return otelcache.NewStatsLogger(m, time.Second, otelcache.WithSink(nil))
		},
	} {
		_, err := make()
		wantError(t, err, otelcache.ErrInvalidOption, name)
	}
}
