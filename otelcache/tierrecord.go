// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// TierRecord is an operation of a tier as a whole, for hosts that learn of it
// afterwards.
type TierRecord struct {
	// Start and End are the times of the operation, as those of a [Record].
	Start, End time.Time
	// Purpose is what the operation is for. That of a move is always [ForMove].
	Purpose Purpose
	// Tokens and Bytes are those that were read or written, or [Unknown].
	Tokens int
	Bytes  int64
	// Keys is what [WithKeys] says; 0 when unknown.
	Keys int
	// Err is the error of an operation that failed or was cancelled.
	Err error
	// Phases are the operation's phases, of the host's own.
	Phases []PhaseRecord
	// RequestID is the serving engine's id of the request.
	RequestID string
	// Links are what [WithLinks] says.
	Links []trace.Link
	// Attributes are added to the span. They do not reach metrics.
	Attributes []attribute.KeyValue
}

// RecordRead records a read of the tier of which the host learns afterwards:
// the spans, counts and histograms are those of [TierMonitor.StartRead] and its
// methods, with the times of the record.
func (t *TierMonitor) RecordRead(ctx context.Context, r TierRecord) { t.record(ctx, tierRead, r) }

// RecordWrite records a write of the tier of which the host learns afterwards,
// like [TierMonitor.RecordRead].
func (t *TierMonitor) RecordWrite(ctx context.Context, r TierRecord) { t.record(ctx, tierWrite, r) }

// RecordMove records a move from the tier to another one of which the host
// learns afterwards, like [TierMonitor.RecordRead].
func (t *TierMonitor) RecordMove(ctx context.Context, to string, r TierRecord) {
	if t = t.enter(); t != nil {
		defer t.mon.exit()
		m := newMove(t, to, r.about())
		m.write.countStart(ctx, r.Tokens)
		m.read.recordAs(ctx, r)
	}
}

func (t *TierMonitor) record(ctx context.Context, what tierOperationKind, r TierRecord) {
	if t = t.enter(); t != nil {
		defer t.mon.exit()
		o := new(tierOperation)
		o.init(t, what, r.about())
		o.recordAs(ctx, r)
	}
}

func (r TierRecord) about() about {
	return about{purpose: r.Purpose.known(), keys: keysOf(r.Keys), links: spanText.links(r.Links)}
}

// recordAs records an operation that init has made one of its tier.
func (o *tierOperation) recordAs(ctx context.Context, r TierRecord) {
	o.countStart(ctx, r.Tokens)
	o.moved = o.tokens
	o.record(Record{
		Start: r.Start, End: r.End, Err: r.Err, Phases: r.Phases, RequestID: r.RequestID, Attributes: r.Attributes,
	}, outcome{moved: ofRecord(r.Bytes, o.kind.span)})
}
