// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

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
		wantReport(t, tel.misuse, nil, "broken sink")
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
