// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Transfer moves tokens between peers. It is finished once, with Finish or Fail.
// Its methods are safe for concurrent use; those of the zero Transfer do nothing.
type Transfer struct{ *operation }

var transferKind = newKind(kind{
	span:         "lmcache.p2p_transfer",
	options:      clientSpan,
	requests:     instruments.P2PTransferRequests,
	moved:        instruments.P2PTransferTokens,
	failures:     instruments.P2PTransferFailures,
	cancelled:    instruments.P2PTransferCancelled,
	duration:     instruments.P2PTransferDuration,
	speed:        instruments.P2PTransferSpeed,
	requestedKey: instruments.RequestedTokensKey,
	speedKey:     instruments.SpeedKey,
})

// servedTransferKind feeds nothing: the peer that asked counts the transfer.
var servedTransferKind = newKind(kind{
	span:         "lmcache.p2p_transfer",
	options:      serverSpan,
	requestedKey: instruments.RequestedTokensKey,
	speedKey:     instruments.SpeedKey,
})

// StartTransfer starts the transfer of numTokens tokens from or to peer, on the
// side that asks for it. It counts the request and starts the client span
// lmcache.p2p_transfer. Send the returned context's trace along (package
// otelcache/propagation) and let the peer call [Monitor.ServeTransfer] with it,
// so that both sides are one trace. An empty peer is left out; a long one is cut
// to 4096 bytes.
func (m *Monitor) StartTransfer(ctx context.Context, numTokens int, peer string) (context.Context, Transfer) {
	o := new(operation) // inlined, so that the caller may keep it on its stack
	return o.beginTransfer(ctx, m, &transferKind, numTokens, peer), Transfer{o}
}

// ServeTransfer starts the other side of a transfer: the server span
// lmcache.p2p_transfer, a child of the span that ctx carries. It feeds no
// metrics, because the side that asked counts the transfer.
func (m *Monitor) ServeTransfer(ctx context.Context, numTokens int, peer string) (context.Context, Transfer) {
	o := new(operation) // inlined, so that the caller may keep it on its stack
	return o.beginTransfer(ctx, m, &servedTransferKind, numTokens, peer), Transfer{o}
}

func (o *operation) beginTransfer(ctx context.Context, m *Monitor, k *kind, tokens int, peer string) context.Context {
	ctx = o.begin(ctx, m, k, tokens)
	if peer != "" && o.arena != nil {
		o.span.SetAttributes(instruments.PeerKey.String(spanText.clean(peer)))
	}
	return ctx
}

// Finish ends the transfer, counts its tokens, and records its duration and
// speed.
func (t Transfer) Finish() { t.finishAll() }
