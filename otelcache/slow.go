// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"log/slog"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// isSlow reports whether a retrieve misses a threshold that is set.
func (m *Monitor) isSlow(r outcome) bool { return m.isSlowByTime(r) || m.isSlowBySpeed(r) }

func (m *Monitor) isSlowByTime(r outcome) bool { return m.slowTime > 0 && r.elapsed > m.slowTime }

func (m *Monitor) isSlowBySpeed(r outcome) bool { return 0 < r.speed && r.speed < m.slowSpeed }

// countSlow counts a slow retrieve and lets the logger warn of it, unless another
// warning came shortly before.
func (m *Monitor) countSlow(o *operation, r outcome) {
	if m.isSlowByTime(r) {
		m.count(instruments.RetrieveSlowByTime, 1)
	}
	if m.isSlowBySpeed(r) {
		m.count(instruments.RetrieveSlowBySpeed, 1)
	}
	skipped, ok := m.slowWarnings.allow(1)
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.Duration("duration", r.elapsed),
		slog.Float64("speed", r.speed),
		slog.Int64("skipped", skipped),
	}
	if o.tokens >= 0 {
		attrs = append(attrs, slog.Int64("requested_tokens", o.tokens))
	}
	if r.moved >= 0 {
		attrs = append(attrs, slog.Int64("hit_tokens", r.moved))
	}
	if m.slowTime > 0 {
		attrs = append(attrs, slog.Duration("threshold_duration", m.slowTime))
	}
	if m.slowSpeed > 0 {
		attrs = append(attrs, slog.Float64("threshold_speed", m.slowSpeed))
	}
	for name := range numPhases {
		if t := sumOf(&o.times[name]); t > 0 {
			attrs = append(attrs, slog.Duration(name.String(), time.Duration(t)))
		}
	}
	if o.hasExtra.Load() {
		if id := o.extra.requestID.Load(); id != nil {
			attrs = append(attrs, slog.String(string(instruments.RequestIDKey), *id))
		}
	}
	for _, a := range m.attrs {
		attrs = append(attrs, slog.Any(string(a.Key), a.Value.AsInterface()))
	}
	warning := slog.NewRecord(time.Now(), slog.LevelWarn, "slow retrieve", 0)
	warning.AddAttrs(attrs...)
	ctx := o.ctx // or every operation would move to the heap
	if !messages.post(func() { m.warn(ctx, warning) }) {
		m.slowWarnings.skip(skipped + 1)
	}
}

// warn gives a warning to the host's logger, which may block.
func (m *Monitor) warn(ctx context.Context, warning slog.Record) {
	m.log.call(loggerFailed, func() {
		if h := m.logger.Handler(); h.Enabled(ctx, warning.Level) {
			_ = h.Handle(ctx, warning) // as a Logger does
		}
	})
}
