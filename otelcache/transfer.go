// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Transfer moves tokens between peers. Its methods are safe for concurrent use; it is finished once, with Finish or Fail.
type Transfer struct {
	operation
	serving bool
}

var (
	clientSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}
	serverSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

	transferKind       = operationKind{span: "lmcache.p2p_transfer", options: clientSpan, times: []distributionID{transferDuration, transferSpeed}}
	servedTransferKind = operationKind{span: "lmcache.p2p_transfer", options: serverSpan}
)

// StartTransfer starts the transfer of numTokens tokens from or to peer, on the side that asks for it. It counts the request and
// starts the client span lmcache.p2p_transfer. Send the returned context's trace along (package otelcache/propagation) and
// let the peer call [Monitor.ServeTransfer] with it, so that both sides are one trace. An empty peer is left out.
func (m *Monitor) StartTransfer(ctx context.Context, numTokens int, peer string) (context.Context, *Transfer) {
	t := new(Transfer) // small enough to be inlined, so that the caller may keep it on its stack
	return m.startTransfer(ctx, t, numTokens, peer), t
}

func (m *Monitor) startTransfer(ctx context.Context, t *Transfer, numTokens int, peer string) context.Context {
	t.tokens = m.natural(int64(numTokens), "number of tokens of a transfer")
	m.counters.add(transferRequests, 1)
	ctx = t.begin(ctx, m, &transferKind)
	t.setPeer(peer)
	return ctx
}

// ServeTransfer starts the other side of a transfer: the server span lmcache.p2p_transfer, a child of the span that ctx carries. It feeds no
// metrics, because the side that asked counts the transfer.
func (m *Monitor) ServeTransfer(ctx context.Context, numTokens int, peer string) (context.Context, *Transfer) {
	t := &Transfer{serving: true}
	t.tokens = m.natural(int64(numTokens), "number of tokens of a transfer")
	ctx = t.begin(ctx, m, &servedTransferKind)
	t.setPeer(peer)
	return ctx, t
}

func (t *Transfer) setPeer(peer string) {
	if t.recording && peer != "" {
		t.span.SetAttributes(instruments.PeerKey.String(peer))
	}
}

// Finish ends the transfer, counts its tokens, and records its duration and speed.
func (t *Transfer) Finish() {
	_, elapsed, ok := t.end()
	if !ok {
		return
	}
	speed := perSecond(t.tokens, elapsed)
	if !t.serving {
		t.mon.counters.add(transferTokens, t.tokens)
		t.recordElapsed(transferDuration, elapsed)
		if speed > 0 {
			t.mon.record(t.ctx, transferSpeed, speed)
		}
	}
	if t.recording {
		t.span.SetAttributes(
			instruments.RequestedTokensKey.Int64(t.tokens),
			instruments.SpeedKey.Float64(speed),
		)
	}
	t.endSpan()
}

// Fail ends the transfer with an error: no tokens are counted, and its duration carries error.type natively.
func (t *Transfer) Fail(err error) {
	t.setRequestedTokens()
	duration := transferDuration
	if t.serving {
		duration = noDistribution
	}
	t.fail(err, duration)
}
