// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// StatsLogger delivers an engine's statistics at regular intervals, from a
// goroutine of its own: to sinks, and as one record of the monitor's logger unless
// nothing happened. It is made by [NewStatsLogger] and safe for concurrent use. The
// nil and the zero StatsLogger do nothing.
type StatsLogger struct {
	mon      *Monitor
	cursor   *Cursor
	interval time.Duration
	statsConfig

	shutdown sync.Once
	stop     chan struct{}
	stopped  chan struct{}
}

type statsConfig struct {
	sinks     []*statsSink
	noRecords bool
	logsIdle  bool
	errs      []error
}

// statsSink is a sink of the host.
type statsSink struct {
	take func(Stats)
	part
}

// StatsLoggerOption configures a [StatsLogger]. A nil option is ignored.
type StatsLoggerOption interface{ apply(*statsConfig) }

type statsLoggerOptionFunc func(*statsConfig)

func (f statsLoggerOptionFunc) apply(c *statsConfig) { f(c) }

// WithSink adds a function that gets the statistics of each interval. It may be
// given more than once. The sinks of a logger are called one after another, in
// order, always from one goroutine. One that panics is called again at the next
// interval, and reported to [otel.Handle] once until it works again. A sink that
// does not return holds up the logger, and nothing else.
func WithSink(sink func(Stats)) StatsLoggerOption {
	return statsLoggerOptionFunc(func(c *statsConfig) {
		if sink == nil {
			c.errs = append(c.errs, invalid("WithSink(nil): want a function"))
		}
		c.sinks = append(c.sinks, &statsSink{take: sink})
	})
}

// WithoutRecords switches the log records off, for a host that has a sink. Warnings
// of slow retrieves stay.
func WithoutRecords() StatsLoggerOption {
	return statsLoggerOptionFunc(func(c *statsConfig) { c.noRecords = true })
}

// WithIdleRecords logs intervals in which nothing happened, too. Sinks get all
// intervals in any case.
func WithIdleRecords() StatsLoggerOption {
	return statsLoggerOptionFunc(func(c *statsConfig) { c.logsIdle = true })
}

// NewStatsLogger starts a logger of the monitor's statistics. It sees the events
// from now on. Shut it down when it is no longer needed. The error is
// [ErrInvalidOption] for an interval that is not positive or a nil sink; along
// with it comes a logger that does nothing. The same logger, without an error, is
// that of a nil or zero monitor.
func NewStatsLogger(m *Monitor, interval time.Duration, opts ...StatsLoggerOption) (*StatsLogger, error) {
	l := &StatsLogger{mon: m, interval: interval}
	if interval <= 0 {
		l.errs = append(l.errs, invalid("NewStatsLogger with interval %v: want a positive duration", interval))
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&l.statsConfig)
		}
	}
	if err := errors.Join(l.errs...); err != nil || !m.ready() {
		return new(StatsLogger), err
	}
	l.stop, l.stopped = make(chan struct{}), make(chan struct{})
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
	if !l.noRecords && (l.logsIdle || !statsPlan.isIdle(&s)) {
		l.mon.log.call(loggerFailed, func() {
			l.mon.logger.LogAttrs(context.Background(), slog.LevelInfo, "kv cache statistics", slog.Any("stats", s))
		})
	}
	for _, sink := range l.sinks {
		sink.call(sinkFailed, func() { sink.take(s) })
	}
}

// Shutdown delivers the statistics of the interval in progress and ends the
// logger. It wakes the logger at once and waits until it is done, or until ctx is;
// then it returns the context's error. It may be called more than once. A sink must
// not call it: it would wait for itself.
func (l *StatsLogger) Shutdown(ctx context.Context) error {
	if l == nil || l.stop == nil {
		return nil
	}
	l.shutdown.Do(func() { close(l.stop) })
	select {
	case <-l.stopped:
		return nil
	default:
	}
	select {
	case <-l.stopped:
		return nil
	case <-orBackground(ctx).Done():
		return fmt.Errorf("otelcache: shut down the statistics logger: %w", ctx.Err())
	}
}
