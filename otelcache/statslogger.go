// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// StatsLogger hands out an engine's statistics at regular intervals, from a goroutine of its own: as one record of the monitor's logger,
// and to sinks. It is made by [NewStatsLogger] and safe for concurrent use.
type StatsLogger struct {
	mon      *Monitor
	cursor   *Cursor
	interval time.Duration
	sinks    []func(Stats)

	shutdown sync.Once
	stop     chan struct{}
	stopped  chan struct{}
}

// StatsLoggerOption configures a [StatsLogger].
type StatsLoggerOption interface{ applyStatsLogger(*StatsLogger) error }

type sinkOption struct{ sink func(Stats) }

func (o sinkOption) applyStatsLogger(l *StatsLogger) error {
	if o.sink == nil {
		return invalid("WithSink(nil): want a function")
	}
	l.sinks = append(l.sinks, o.sink)
	return nil
}

// WithSink adds a function that gets the statistics of each interval. It may be given more than once; the sinks of a logger
// are called one after another, in order, always from one goroutine. One that panics is reported to [otel.Handle] and
// called again at the next interval. A sink that does not return holds up the logger, and nothing else.
func WithSink(sink func(Stats)) StatsLoggerOption { return sinkOption{sink} }

// NewStatsLogger starts a logger of the monitor's statistics. It sees what is recorded from now on. Shut it down when it is no longer needed. The
// error is [ErrInvalidOption] for a nil monitor, an interval that is not positive, or a nil sink.
func NewStatsLogger(m *Monitor, interval time.Duration, opts ...StatsLoggerOption) (*StatsLogger, error) {
	if m == nil {
		return nil, invalid("NewStatsLogger of a nil monitor")
	}
	if interval <= 0 {
		return nil, invalid("NewStatsLogger with interval %v: want a positive duration", interval)
	}
	l := &StatsLogger{mon: m, interval: interval, stop: make(chan struct{}), stopped: make(chan struct{})}
	for _, o := range opts {
		if o == nil {
			return nil, invalid("a nil StatsLoggerOption")
		}
		if err := o.applyStatsLogger(l); err != nil {
			return nil, err
		}
	}
	l.cursor = m.Cursor()
	go l.run()
	return l, nil
}

func (l *StatsLogger) run() {
	defer close(l.stopped)
	ticker := time.NewTicker(l.interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.deliver()
		case <-l.stop:
			l.deliver()
			return
		}
	}
}

func (l *StatsLogger) deliver() {
	s := l.cursor.Next()
	protect("the logger of statistics", func() {
		l.mon.logger.LogAttrs(context.Background(), slog.LevelInfo, "kv cache statistics", slog.Any("stats", s))
	})
	for _, sink := range l.sinks {
		protect("a sink of statistics", func() { sink(s) })
	}
}

// Shutdown delivers the statistics of the interval in progress and ends the logger. It wakes the logger at once and waits
// until it is done, or until ctx is; then it returns the context's error. It may be called more than once, and for the nil logger of
// a constructor that failed. A sink must not call it: it would wait for itself.
func (l *StatsLogger) Shutdown(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.shutdown.Do(func() { close(l.stop) })
	select {
	case <-l.stopped:
		return nil
	default:
	}
	ctx = orBackground(ctx)
	select {
	case <-l.stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("otelcache: shut down the statistics logger: %w", ctx.Err())
	}
}
