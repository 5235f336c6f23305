// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TierMonitor records what a tier of an engine does. It is made with its
// [Monitor] and safe for concurrent use. Methods of the nil and of the zero
// TierMonitor do nothing.
//
// The kind of the tier decides which of LMCache's metrics it feeds beside the
// metrics of tiers: a [CPU] tier the usage and the evictions of the local
// cache, a [Disk] tier the usage of the local storage, a [Remote] tier the
// reads, writes and usage of the remote backend. Tiers of one kind add up
// there. Use the tier or the call without a tier, such as
// [Monitor.RecordRemoteRead], but not both for one thing: it would count twice,
// which is reported.
type TierMonitor struct {
	mon      *Monitor
	index    int // in the order of the layout
	inFlight inFlight
	levels   [numLevels]lastValue
	observed observed
}

// Tier returns the monitor of a tier of [WithTiers], that of the tiers of the
// name "_OTHER" for one that was not declared, and nil without WithTiers. It
// takes a few nanoseconds.
func (m *Monitor) Tier(name string) *TierMonitor {
	if !m.ready() || len(m.tiers) == 0 {
		return nil
	}
	return &m.tiers[m.layout.tier(name)]
}

// newTiers returns the monitors of the tiers and of the other, or nil when none
// are declared.
func newTiers(m *Monitor) []TierMonitor {
	if len(m.layout.tiers) == 0 {
		return nil
	}
	tiers := make([]TierMonitor, len(m.layout.tiers)+1)
	for i := range tiers {
		tiers[i].mon, tiers[i].index = m, i
	}
	return tiers
}

// enter returns the tier of the monitor that takes the events of t's, and keeps
// that monitor in its set until exit. It returns nil if there is none.
func (t *TierMonitor) enter() *TierMonitor {
	if t == nil || t.mon == nil {
		return nil
	}
	m := t.mon.enter()
	if m == t.mon {
		return t
	}
	in := m.Tier(t.tier().name)
	if in == nil {
		m.exit()
	}
	return in
}

func (t *TierMonitor) tier() Tier {
	if t.index < len(t.mon.layout.tiers) {
		return t.mon.layout.tiers[t.index]
	}
	return otherTier
}

// Evict counts keys that the tier has no more, with the bytes that they took,
// or [Unknown]. Under a span that records, it is the span lmcache.tier.evict,
// without a length. Each call is one of LMCache's evictions if the tier is in
// the memory of the host.
//
// A move to another tier is no eviction natively. One out of the memory of the
// host to a tier that is farther, of another kind, is one of LMCache's when it
// finishes.
func (t *TierMonitor) Evict(ctx context.Context, keys int, bytes int64, reason EvictionReason) {
	t = t.enter()
	if t == nil {
		return
	}
	m, place := t.mon, evictionPlace(t.index, reason)
	defer m.exit()
	const where = "lmcache.tier.evict"
	n, size := orUnknown(int64(keys), where), ofRecord(bytes, where)
	m.countAt(m.layout.evictedKeys+place, n)
	m.countAt(m.layout.evictedSize+place, size)
	t.countLocalEviction(n)
	if !m.recordsUnder(ctx) {
		return
	}
	attrs := []attribute.KeyValue{instruments.EvictionReasonKey.String(reason.String())}
	if n >= 0 {
		attrs = append(attrs, instruments.KeysKey.Int64(n))
	}
	if size >= 0 {
		attrs = append(attrs, instruments.BytesKey.Int64(size))
	}
	t.instant(ctx, where, attrs...)
}

// countLocalEviction counts keys that are no more in the memory of the host, if
// they were.
func (t *TierMonitor) countLocalEviction(keys int64) {
	if t.tier().kind == cpuKind {
		t.mon.feeds(localEvictions, byTier)
		t.mon.count(instruments.LocalCPUEvictions, 1)
		t.mon.count(instruments.LocalCPUEvictedKeys, keys)
	}
}

// Clear counts that the tier was emptied. Under a span that records, it is the
// span lmcache.tier.clear, without a length. The usage of the tier is the
// host's to set.
func (t *TierMonitor) Clear(ctx context.Context) {
	t = t.enter()
	if t == nil {
		return
	}
	defer t.mon.exit()
	t.mon.countAt(t.mon.layout.clears+t.index, 1)
	if t.mon.recordsUnder(ctx) {
		t.instant(ctx, "lmcache.tier.clear")
	}
}

// Clear counts that every tier of [WithTiers] was emptied, as
// [TierMonitor.Clear] does.
func (m *Monitor) Clear(ctx context.Context) {
	if m.ready() {
		for i := range m.layout.tiers {
			m.tiers[i].Clear(ctx)
		}
	}
}

// recordsUnder reports whether a span under that of ctx is of use.
func (m *Monitor) recordsUnder(ctx context.Context) bool {
	return m.tracer != nil && trace.SpanFromContext(ctx).IsRecording()
}

// instant makes a span without a length.
func (t *TierMonitor) instant(ctx context.Context, name string, attrs ...attribute.KeyValue) {
	_, span := t.mon.tracer.Start(ctx, name)
	span.SetAttributes(t.mon.attrs...)
	span.SetAttributes(t.tier().attributes()...)
	span.SetAttributes(attrs...)
	span.End()
}
