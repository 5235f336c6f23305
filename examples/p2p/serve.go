// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
	"github.com/lmcache-go/lmcache-otel/otelcache/propagation"
)

// serve answers peers until ctx ends.
func serve(ctx context.Context, mon *otelcache.Monitor, listen string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	log.Printf("listening on %s", l.Addr())
	context.AfterFunc(ctx, func() { _ = l.Close() }) // ends Accept, whose error says so
	var peers sync.WaitGroup
	defer peers.Wait()
	for {
		conn, err := l.Accept()
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		peers.Go(func() {
			if err := answer(mon, conn); err != nil {
				log.Print(err)
			}
		})
	}
}

// answer serves one transfer. A request is two frames, the trace and the number of tokens.
func answer(mon *otelcache.Monitor, conn net.Conn) error {
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	message, err := readFrame(conn)
	if err != nil {
		return fmt.Errorf("read the trace: %w", err)
	}
	request, err := readFrame(conn)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	var tokens int
	if _, err := fmt.Sscan(string(request), &tokens); err != nil || tokens < 0 || tokens > maxFrame/bytesPerToken {
		return fmt.Errorf("request is %.20q; want a number of tokens up to %d", request, maxFrame/bytesPerToken)
	}

	ctx := propagation.ExtractMessage(context.Background(), message)
	_, transfer := mon.ServeTransfer(ctx, tokens, conn.RemoteAddr().String())
	if err := writeFrame(conn, make([]byte, tokens*bytesPerToken)); err != nil {
		transfer.Fail(err)
		return err
	}
	transfer.Finish()
	return nil
}
