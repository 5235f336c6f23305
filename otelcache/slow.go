// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"log/slog"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// isSlow reports whether a retrieve misses a threshold; one that is not set is missed by none.
func (m *Monitor) isSlow(elapsed time.Duration, speed float64) bool {
	return m.slowByTime(elapsed) || m.slowBySpeed(speed)
}

func (m *Monitor) slowByTime(elapsed time.Duration) bool {
	return m.slowTime > 0 && elapsed > m.slowTime
}

func (m *Monitor) slowBySpeed(speed float64) bool { return 0 < speed && speed < m.slowSpeed }

// countSlow counts a slow retrieve and warns of it, if no other warning came shortly before.
func (m *Monitor) countSlow(r *Retrieve, now, elapsed time.Duration, hits int64, speed float64) {
	if m.slowByTime(elapsed) {
		m.counters.add(slowByTime, 1)
	}
	if m.slowBySpeed(speed) {
		m.counters.add(slowBySpeed, 1)
	}
	skipped, ok := m.slowWarnings.allow(now)
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.Duration("duration", elapsed),
		slog.Float64("speed", speed),
		slog.Int64("requested_tokens", r.tokens),
		slog.Int64("hit_tokens", hits),
		slog.Int64("skipped", skipped),
	}
	if m.slowTime > 0 {
		attrs = append(attrs, slog.Duration("threshold_duration", m.slowTime))
	}
	if m.slowSpeed > 0 {
		attrs = append(attrs, slog.Float64("threshold_speed", m.slowSpeed))
	}
	for name := range numPhases {
		if t := r.times[name].Load(); t > 0 {
			attrs = append(attrs, slog.Duration(name.String(), time.Duration(t)))
		}
	}
	if id := r.requestID.Load(); id != nil {
		attrs = append(attrs, slog.String(string(instruments.RequestIDKey), *id))
	}
	for _, a := range m.identity {
		attrs = append(attrs, slog.String(string(a.Key), a.Value.AsString()))
	}
	protect("the logger of slow retrieves", func() { m.logger.LogAttrs(r.ctx, slog.LevelWarn, "slow retrieve", attrs...) })
}
