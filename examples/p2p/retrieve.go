// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
	"github.com/lmcache-go/lmcache-otel/otelcache/propagation"
)

// retrieve retrieves tokens that a peer holds.
func retrieve(ctx context.Context, mon *otelcache.Monitor, peer string, tokens int) error {
	ctx, retrieve := mon.StartRetrieve(ctx, tokens)
	kv, err := transfer(ctx, mon, peer, tokens)
	if err != nil {
		retrieve.Fail(err)
		return err
	}
	_, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
	phase.SetBytes(int64(len(kv)))
	phase.End()
	retrieve.Finish(len(kv) / bytesPerToken)
	return nil
}

func transfer(ctx context.Context, mon *otelcache.Monitor, peer string, tokens int) (kv []byte, err error) {
	ctx, transfer := mon.StartTransfer(ctx, tokens, peer)
	defer func() {
		if err != nil {
			transfer.Fail(err)
			return
		}
		transfer.Finish()
	}()
	conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, "tcp", peer)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if err := writeFrame(conn, propagation.AppendMessage(ctx, nil)); err != nil { // the context of the transfer, not of the retrieve
		return nil, err
	}
	if err := writeFrame(conn, strconv.AppendInt(nil, int64(tokens), 10)); err != nil {
		return nil, err
	}
	return readFrame(conn)
}
