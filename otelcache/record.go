// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Unknown is a number of tokens in a [Record] that the host does not know. It is
// not counted.
const Unknown = -1

// Record is an operation as a whole, for hosts that learn of it afterwards.
type Record struct {
	// Start and End are the times of the operation. Without both, it is counted
	// and not timed: there is no span. With an end alone it is an instant, a span
	// of no length without a duration. Other times that cannot be are reported and
	// treated as absent: a start alone, an end before the start, before 1970, more
	// than a minute in the future, more than a day in between.
	Start, End time.Time
	// Tokens are those requested, or [Unknown].
	Tokens int
	// Hits are the tokens that a lookup found or a retrieve got, or [Unknown]; they
	// are unknown, too, when Tokens are.
	Hits int
	// Stored are the tokens that a store put into the cache, or [Unknown].
	Stored int
	// Err is the error of an operation that failed or was cancelled.
	Err error
	// Phases are the operation's phases.
	Phases []PhaseRecord
	// RequestID is the serving engine's id of the request.
	RequestID string
	// Peer is the other end of a transfer.
	Peer string
	// Links and Attributes are added to the span. They do not reach metrics. All
	// text has the limits of SetRequestID and SetAttributes.
	Links      []trace.Link
	Attributes []attribute.KeyValue
}

// PhaseRecord is a phase of a [Record]. Times that cannot be are reported, and the
// phase is left out.
type PhaseRecord struct {
	Name       PhaseName
	Start, End time.Time
}

// RecordLookup records a lookup of which the host learns afterwards: the spans,
// counts and histograms are those of [Monitor.StartLookup] and its methods, with
// the times of the record.
func (m *Monitor) RecordLookup(ctx context.Context, r Record) {
	m.recordOperation(ctx, &lookupKind, r, r.Hits)
}

// RecordRetrieve records a retrieve of which the host learns afterwards, like
// [Monitor.RecordLookup].
func (m *Monitor) RecordRetrieve(ctx context.Context, r Record) {
	m.recordOperation(ctx, &retrieveKind, r, r.Hits)
}

// RecordStore records a store of which the host learns afterwards, like
// [Monitor.RecordLookup].
func (m *Monitor) RecordStore(ctx context.Context, r Record) {
	m.recordOperation(ctx, &storeKind, r, r.Stored)
}

// RecordTransfer records a transfer of which the host learns afterwards, on the
// side that asked for it, like [Monitor.RecordLookup].
func (m *Monitor) RecordTransfer(ctx context.Context, r Record) {
	m.recordOperation(ctx, &transferKind, r, r.Tokens)
}

func (m *Monitor) recordOperation(ctx context.Context, k *kind, r Record, moved int) {
	if !m.ready() {
		return
	}
	m = m.enter()
	defer m.exit()
	o := operation{mon: m, kind: k, ctx: orBackground(ctx), tokens: ofRecord(r.Tokens, k)}
	out := outcome{now: m.now(), moved: ofRecord(moved, k)}
	m.count(k.requests, 1)
	m.count(k.requested, o.tokens)
	start, end := recordTimes(r, k)
	if !start.IsZero() {
		o.timed, out.elapsed = true, end.Sub(start)
	}
	if m.tracer != nil && !end.IsZero() {
		o.startRecordedSpan(start, end, r)
	}
	if r.RequestID != "" {
		o.SetRequestID(r.RequestID)
	}
	for _, p := range r.Phases {
		if o.mayHave(p.Name) && areTimes(p.Start, p.End, p.Name.String()+" in "+k.span) {
			o.recordPhase(p.Name, p.Start, p.End)
		}
	}
	o.done.Store(true)
	var at []trace.SpanEndOption
	if !end.IsZero() {
		at = append(at, trace.WithTimestamp(end))
	}
	if r.Err != nil {
		o.failedIn(context.Background(), out, r.Err, at...) // ctx is that of now
	} else {
		o.finished(out, at...)
	}
}

func (o *operation) startRecordedSpan(start, end time.Time, r Record) {
	if start.IsZero() {
		start = end
	}
	o.startSpan(append(o.kind.options[:len(o.kind.options):len(o.kind.options)],
		trace.WithTimestamp(start), trace.WithLinks(spanText.links(r.Links)...))...)
	if o.arena == nil {
		return
	}
	if r.Peer != "" {
		o.span.SetAttributes(instruments.PeerKey.String(spanText.clean(r.Peer)))
	}
	o.SetAttributes(r.Attributes...)
}

// recordTimes returns the times of r, or zero for those that are absent.
func recordTimes(r Record, k *kind) (start, end time.Time) {
	switch {
	case r.Start.IsZero() && r.End.IsZero():
	case r.Start.IsZero() && areTimes(r.End, r.End, k.span):
		end = r.End
	case !r.Start.IsZero() && areTimes(r.Start, r.End, k.span):
		start, end = r.Start, r.End
	}
	return start, end
}

const clockError = time.Minute

// areTimes reports whether something can have lasted from start to end; it
// reports the misuse if not.
func areTimes(start, end time.Time, where string) bool {
	var wrong string
	switch {
	case start.Unix() < 0 || end.Unix() < 0:
		wrong = "want times after 1970"
	case end.Before(start):
		wrong = "want an end that is not before the start"
	case end.Sub(start) > longest:
		wrong = "want at most " + longest.String()
	case time.Until(end) > clockError:
		wrong = "want an end that is not in the future"
	default:
		return true
	}
	report(wrongTimes, "%s from %v to %v: %s", where, start, end, wrong)
	return false
}

// ofRecord returns a number of a record, which may be Unknown.
func ofRecord(n int, k *kind) int64 {
	if n == Unknown {
		return Unknown
	}
	return orUnknown(int64(n), k.span)
}
