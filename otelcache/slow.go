// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"log/slog"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// isSlow reports whether a retrieve misses a threshold that is set.
func (m *Monitor) isSlow(r outcome) bool { return m.isSlowByTime(r) || m.isSlowBySpeed(r) }

func (m *Monitor) isSlowByTime(r outcome) bool { return m.slowTime > 0 && r.elapsed > m.slowTime }

func (m *Monitor) isSlowBySpeed(r outcome) bool { return 0 < r.speed && r.speed < m.slowSpeed }

// countSlow counts a slow retrieve and warns of it, unless another warning came
// shortly before.
func (m *Monitor) countSlow(o *operation, r outcome) {
	if m.isSlowByTime(r) {
		m.count(instruments.RetrieveSlowByTime, 1)
	}
	if m.isSlowBySpeed(r) {
		m.count(instruments.RetrieveSlowBySpeed, 1)
	}
	skipped, ok := m.slowWarnings.allow(r.now)
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.Duration("duration", r.elapsed),
		slog.Float64("speed", r.speed),
		slog.Int64("requested_tokens", o.tokens),
		slog.Int64("hit_tokens", r.moved),
		slog.Int64("skipped", skipped),
	}
	if m.slowTime > 0 {
		attrs = append(attrs, slog.Duration("threshold_duration", m.slowTime))
	}
	if m.slowSpeed > 0 {
		attrs = append(attrs, slog.Float64("threshold_speed", m.slowSpeed))
	}
	for name := range numPhases {
		if t := o.times[name].Load(); t > 0 {
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
	ctx := o.ctx // or every operation would move to the heap
	protect("the logger of slow retrieves", func() { m.logger.LogAttrs(ctx, slog.LevelWarn, "slow retrieve", attrs...) })
}
