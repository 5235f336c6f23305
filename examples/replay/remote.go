// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const (
	pingInterval = time.Second
	pingFailed   = 1 // the error code of a ping without an answer; 0 is success
)

// remote is the tier in Redis. Its keys are those of this replay only, so that equal replays give equal results, and close removes them.
// It is safe for concurrent use.
type remote struct {
	mon       *otelcache.Monitor
	client    *redis.Client
	embedded  *miniredis.Miniredis // nil when the server is somebody else's
	namespace string
	warn      *warnings

	puts    atomic.Int64 // in flight
	healthy atomic.Bool  // what the last ping said

	mu    sync.Mutex
	sizes map[key]int64 // of the blocks that were put
	used  int64

	stop   context.CancelFunc
	pinger sync.WaitGroup
}

// openRemote connects to the server at addr, or to one of its own if addr is empty.
func openRemote(ctx context.Context, addr string, mon *otelcache.Monitor, tracers trace.TracerProvider, warn *warnings) (*remote, error) {
	r := &remote{mon: mon, warn: warn, sizes: make(map[key]int64)}
	if addr == "" {
		r.embedded = miniredis.NewMiniRedis()
		if err := r.embedded.Start(); err != nil {
			return nil, fmt.Errorf("remote tier: start the embedded Redis: %w", err)
		}
		addr = r.embedded.Addr()
	}
	r.namespace = fmt.Sprintf("replay:%x:", time.Now().UnixNano())

	logging.Disable() // what goes wrong is returned, too
	r.client = redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, MaxRetries: 1, DialerRetries: 1})
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	err := redisotel.InstrumentTracing(r.client,
		redisotel.WithTracerProvider(tracers),
		redisotel.WithDBStatement(false), // would be the data of the blocks
		redisotel.WithCallerEnabled(false),
		redisotel.WithDialFilter(true), // as hello: a new connection is no part of the request that happens to need it first
		redisotel.WithCommandFilter(func(cmd redis.Cmder) bool { return cmd.Name() == "ping" || cmd.Name() == "hello" }),
	)
	if err == nil {
		err = r.ping(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("remote tier: Redis at %s: %w", addr, err), r.close())
	}
	r.pinger.Go(func() {
		tick := time.NewTicker(pingInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := r.ping(ctx); err != nil && ctx.Err() == nil {
					warn.add("ping", fmt.Errorf("remote tier: %w", err))
				}
			case <-ctx.Done():
				return
			}
		}
	})
	return r, nil
}

func (r *remote) ping(ctx context.Context) error {
	start := time.Now()
	err := r.client.Ping(ctx).Err()
	if ctx.Err() != nil {
		return err // closed meanwhile, which says nothing about the server
	}
	code := 0
	if err != nil {
		code = pingFailed
	}
	r.mon.RecordPing(time.Since(start), code)
	r.healthy.Store(err == nil)
	return err
}

func (r *remote) name(k key) string { return r.namespace + k.String() }

// contains asks for many keys at once.
func (r *remote) contains(ctx context.Context, keys []key) ([]bool, error) {
	answers, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, k := range keys {
			p.Exists(ctx, r.name(k))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("remote tier: %w", err)
	}
	there := make([]bool, len(keys))
	for i, a := range answers {
		there[i] = a.(*redis.IntCmd).Val() > 0
	}
	return there, nil
}

// get returns the data of blocks, nil for those that are not there. Its phases belong to the retrieve of ctx.
func (r *remote) get(ctx context.Context, keys []key) ([][]byte, error) {
	began := time.Now()
	retrieve := otelcache.RetrieveFromContext(ctx)
	ctx, phase := retrieve.StartPhase(ctx, otelcache.RemoteBatchedGet)
	defer phase.End()
	phase.SetChunks(len(keys))

	values, err := r.batchedGet(ctx, retrieve, keys)
	if err != nil {
		return nil, fmt.Errorf("remote tier: %w", err)
	}
	data := make([][]byte, len(keys))
	for i, v := range values {
		if text, ok := v.(string); ok {
			data[i] = []byte(text)
		}
	}
	r.mon.RecordRemoteGetSyncTime(ctx, time.Since(began))
	return data, nil
}

// batchedGet is what the connector does of a get.
func (r *remote) batchedGet(ctx context.Context, retrieve otelcache.Retrieve, keys []key) ([]any, error) {
	ctx, phase := retrieve.StartPhase(ctx, otelcache.ConnectorBatchedGet)
	defer phase.End()
	ctx, get := r.mon.StartRemoteGet(ctx)
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = r.name(k)
	}
	values, err := r.client.MGet(ctx, names...).Result()
	if err != nil {
		get.Fail(err)
		return nil, err
	}
	bytes := int64(0)
	for _, v := range values {
		if text, ok := v.(string); ok {
			bytes += int64(len(text))
		}
	}
	get.Finish(bytes)
	return values, nil
}

func (r *remote) put(ctx context.Context, blocks []block) error {
	r.puts.Add(1)
	defer r.puts.Add(-1)
	ctx, put := r.mon.StartRemotePut(ctx)
	pairs := make([]any, 0, 2*len(blocks))
	bytes := int64(0)
	for _, b := range blocks {
		pairs = append(pairs, r.name(b.key), b.data)
		bytes += int64(len(b.data))
	}
	if err := r.client.MSet(ctx, pairs...).Err(); err != nil {
		put.Fail(err)
		return fmt.Errorf("remote tier: %w", err)
	}
	put.Finish(bytes)

	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range blocks {
		size := int64(len(b.data))
		r.used += size - r.sizes[b.key]
		r.sizes[b.key] = size
	}
	return nil
}

// usage returns how many bytes of this replay the server holds.
func (r *remote) usage() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used
}

// close removes the blocks from a server that outlives the replay. A server that cannot be asked is a warning: all has been done but this.
func (r *remote) close() error {
	r.stop()
	r.pinger.Wait()
	if r.embedded != nil {
		err := r.client.Close()
		r.embedded.Close()
		return err
	}
	if err := r.removeAll(); err != nil {
		r.warn.add("clean up", fmt.Errorf("remote tier: keys that begin with %s are left: %w", r.namespace, err))
	}
	return r.client.Close()
}

func (r *remote) removeAll() error {
	const batch = 1000
	ctx := context.Background()
	names := make([]string, 0, batch)
	for k := range r.sizes {
		if names = append(names, r.name(k)); len(names) == batch {
			if err := r.client.Unlink(ctx, names...).Err(); err != nil {
				return err
			}
			names = names[:0]
		}
	}
	if len(names) == 0 {
		return nil
	}
	return r.client.Unlink(ctx, names...).Err()
}
