// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TierRead reads tokens from a tier. It is finished once, with Finish or Fail.
// Its methods are safe for concurrent use; those of the zero TierRead do
// nothing.
type TierRead struct{ *operation }

// TierWrite writes tokens to a tier. It is finished once, with Finish or Fail.
// Its methods are safe for concurrent use; those of the zero TierWrite do
// nothing.
type TierWrite struct{ *operation }

// TierMove moves tokens from one tier to another: it is a read of the one and a
// write of the other, which end together. It is finished once, with Finish or
// Fail. Its methods are safe for concurrent use; those of the zero TierMove do
// nothing.
type TierMove struct{ *operation } // the read

// The kinds of operations of tiers, by what they do and where the tier is.
var (
	localTierKinds = [numTierOperations]kind{
		tierRead:  newKind(kind{span: "lmcache.tier.read"}.ofTier()),
		tierWrite: newKind(kind{span: "lmcache.tier.write"}.ofTier()),
	}
	peerTierKinds = [numTierOperations]kind{
		tierRead:  newKind(kind{span: "lmcache.tier.read", options: clientSpan}.ofTier()),
		tierWrite: newKind(kind{span: "lmcache.tier.write", options: clientSpan}.ofTier()),
	}
	remoteTierKinds = [numTierOperations]kind{
		tierRead:  newKind(remoteGetKind.named("lmcache.tier.read").ofTier()),
		tierWrite: newKind(remotePutKind.named("lmcache.tier.write").ofTier()),
	}
)

func (k kind) named(span string) kind {
	k.span, k.timed = span, nil
	return k
}

// ofTier adds what all operations of tiers have.
func (k kind) ofTier() kind {
	k.requestedKey, k.movedKey = instruments.RequestedTokensKey, instruments.BytesKey
	return k
}

func (t *TierMonitor) kindOf(what tierOperationKind) *kind {
	switch t.tier().kind {
	case remoteKind:
		return &remoteTierKinds[what]
	case peerKind:
		return &peerTierKinds[what]
	default:
		return &localTierKinds[what]
	}
}

// tierOperation is a read or a write of a tier.
type tierOperation struct {
	operation
	about
	tier  *TierMonitor   // of the operation's monitor
	place int            // among the operations of all tiers
	moved int64          // tokens, below 0 when unknown; set by the end
	write *tierOperation // of a move, which ends with its read
	read  *tierOperation // of a move, for its write

	// Of the list of those in flight, under its lock.
	listed       bool
	older, newer *tierOperation
}

// StartRead starts a read of so many tokens, or [Unknown]: it counts the
// operation and, under a span that records, starts the span lmcache.tier.read.
// Use the returned context for what the read does. A read is no hit: say those
// with [Lookup.Hit] and [Retrieve.Hit], once the tokens are there.
//
// A read that has not ended after ten minutes is abandoned at the next
// collection.
func (t *TierMonitor) StartRead(ctx context.Context, tokens int, opts ...TierOption) (context.Context, TierRead) {
	ctx, o := t.start(ctx, tierRead, tokens, aboutOf(opts))
	return ctx, TierRead{o}
}

// StartWrite starts a write of so many tokens, or [Unknown], as
// [TierMonitor.StartRead] does a read.
func (t *TierMonitor) StartWrite(ctx context.Context, tokens int, opts ...TierOption) (context.Context, TierWrite) {
	ctx, o := t.start(ctx, tierWrite, tokens, aboutOf(opts))
	return ctx, TierWrite{o}
}

// StartMove starts to move so many tokens, or [Unknown], to another tier of
// [WithTiers]: a read of this one, and a write of the other as a part of it.
// Their purpose is [ForMove]. See [TierMonitor.Evict] for what LMCache calls an
// eviction.
func (t *TierMonitor) StartMove(
	ctx context.Context, to string, tokens int, opts ...TierOption,
) (context.Context, TierMove) {
	t = t.enter()
	if t == nil {
		return orBackground(ctx), TierMove{}
	}
	m := newMove(t, to, aboutOf(opts))
	ctx = m.read.begin(ctx, tokens)
	return m.write.begin(ctx, tokens), TierMove{&m.read.operation}
}

// move is both sides of one in one object.
type move struct{ read, write tierOperation }

func newMove(from *TierMonitor, to string, a about) *move {
	a.purpose = ForMove
	m := new(move)
	m.read.init(from, tierRead, a)
	a.links = nil // those of the read will do
	m.write.init(from.mon.Tier(to), tierWrite, a)
	m.read.write, m.write.read = &m.write, &m.read
	return m
}

// start starts an operation of t.
func (t *TierMonitor) start(
	ctx context.Context, what tierOperationKind, tokens int, a about,
) (context.Context, *operation) {
	t = t.enter()
	if t == nil {
		return orBackground(ctx), nil
	}
	o := new(tierOperation)
	o.init(t, what, a)
	return o.begin(ctx, tokens), &o.operation
}

// init makes o an operation of t, whose monitor was entered.
func (o *tierOperation) init(t *TierMonitor, what tierOperationKind, a about) {
	o.mon, o.kind, o.inTier = t.mon, t.kindOf(what), o
	o.tier, o.about, o.place = t, a, operationPlace(t.index, what, a.purpose)
	if o.kind.shared != notShared {
		t.mon.feeds(o.kind.shared, byTier)
	}
}

// countStart counts the operation as started.
func (o *tierOperation) countStart(ctx context.Context, tokens int) {
	o.ctx, o.tokens = orBackground(ctx), ofRecord(int64(tokens), o.kind.span)
	o.mon.countAt(o.mon.layout.started+o.place, 1)
}

// begin counts the operation, and starts its span and its time.
func (o *tierOperation) begin(ctx context.Context, tokens int) context.Context {
	o.countStart(ctx, tokens)
	ctx = o.run(o.ctx)
	if stuck := o.tier.inFlight.add(o); stuck {
		o.tier.abandonStuck(o.start)
	}
	return ctx
}

// hasSpan reports whether an operation of a tier has a span: under one that
// records, or with a link to one that is sampled. Both sides of a move have
// one, or none has.
func (o *tierOperation) hasSpan() bool {
	if o.read != nil && o.read.span == nil {
		return false
	}
	sampled := func(l trace.Link) bool { return l.SpanContext.IsSampled() }
	return slices.ContainsFunc(o.links, sampled) || len(o.links) == 0 && trace.SpanFromContext(o.ctx).IsRecording()
}

// spanOptions returns the options of the span.
func (o *tierOperation) spanOptions() []trace.SpanStartOption {
	if len(o.links) == 0 {
		return o.kind.options
	}
	return append(slices.Clip(o.kind.options), trace.WithNewRoot(), trace.WithLinks(o.links...))
}

// describe sets the attributes that the span has from the start.
func (o *tierOperation) describe() {
	o.span.SetAttributes(o.tier.tier().attributes()...)
	o.span.SetAttributes(instruments.TierPurposeKey.String(o.purpose.String()))
	if o.keys > 0 {
		o.span.SetAttributes(instruments.KeysKey.Int64(o.keys))
	}
}

// Finish ends the read with the tokens and the bytes that were read, or
// [Unknown]. It counts both, and records the duration and the throughput.
func (r TierRead) Finish(tokens int, bytes int64) { r.finishInTier(tokens, bytes) }

// Finish ends the write with the tokens and the bytes that were written, or
// [Unknown]. It counts both, and records the duration and the throughput.
func (w TierWrite) Finish(tokens int, bytes int64) { w.finishInTier(tokens, bytes) }

// Finish ends the move, both of its sides, with the tokens and the bytes that
// were moved, or [Unknown].
func (m TierMove) Finish(tokens int, bytes int64) { m.finishInTier(tokens, bytes) }

func (o *operation) finishInTier(tokens int, bytes int64) {
	if r, ok := o.end(); ok {
		o.inTier.moved = ofRecord(int64(tokens), o.kind.span)
		r.moved = ofRecord(bytes, o.kind.span)
		o.finished(r)
		o.mon.exit()
	}
}

// onFinish records what the tier has of an operation that finished.
func (o *tierOperation) onFinish(r outcome, end []trace.SpanEndOption) {
	o.tier.inFlight.remove(o)
	m, l := o.mon, o.mon.layout
	m.countAt(l.operationsDone+o.place, 1)
	m.countAt(l.tokens+o.place, o.moved)
	m.countAt(l.io+o.place, r.moved)
	if o.timed {
		o.measure(instruments.TierOperationDuration, r.elapsed.Seconds())
	}
	if r.speed > 0 {
		o.measure(instruments.TierThroughput, r.speed)
	}
	o.keep(r)
	if o.arena != nil && o.moved >= 0 {
		o.span.SetAttributes(instruments.MovedTokensKey.Int64(o.moved))
	}
	if w := o.write; w != nil {
		if w.tier.index > o.tier.index && w.tier.tier().kind != cpuKind {
			o.tier.countLocalEviction(max(o.keys, 1))
		}
		w.moved = o.moved
		w.finished(r, end...)
	}
}

// onFail records what the tier has of an operation that failed.
func (o *tierOperation) onFail(r outcome, err error, errorType attribute.KeyValue, end []trace.SpanEndOption) {
	o.tier.inFlight.remove(o)
	o.mon.countAt(o.mon.layout.operationFailures+o.place, 1)
	if o.timed {
		o.measure(instruments.TierOperationDuration, r.elapsed.Seconds(), errorType)
	}
	if o.write != nil {
		o.write.failed(r, err, end...)
	}
}

// onCancel counts what the tier has of an operation that was cancelled.
func (o *tierOperation) onCancel() {
	o.tier.inFlight.remove(o)
	o.mon.countAt(o.mon.layout.operationsCancelled+o.place, 1)
	if o.write != nil {
		o.write.countCancelled()
	}
}

// measure records a value with the attributes of the operation, and more.
func (o *tierOperation) measure(h instruments.Histogram, v float64, more ...attribute.KeyValue) {
	if !o.mon.closed.Load() {
		o.mon.recordVariant(o.ctx, h, v, o.mon.layout.operations+o.place, more...)
	}
}
