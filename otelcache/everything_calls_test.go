// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

type calls map[string]func(context.Context, *everything)

// whileRunning has a call of each method that does not end what it belongs to. Each goroutine makes it once a round.
var whileRunning = calls{
	"Monitor.Engine": func(_ context.Context, e *everything) {
		if got := e.Engine(); got != testEngine {
			e.t.Errorf("engine %+v, want %+v", got, testEngine)
		}
	},
	// Operations that take no time: the shared ones have the durations.
	"Monitor.StartLookup": func(ctx context.Context, e *everything) {
		_, l := e.StartLookup(ctx, 10)
		l.Finish(5)
	},
	"Monitor.StartRetrieve": func(ctx context.Context, e *everything) {
		ctx, r := e.StartRetrieve(ctx, 20)
		if otelcache.RetrieveFromContext(ctx) != r {
			e.t.Error("the context carries another retrieve")
		}
		r.Finish(5)
	},
	"Monitor.StartStore": func(ctx context.Context, e *everything) {
		_, s := e.StartStore(ctx, 30)
		s.Finish(otelcache.AllTokens)
	},
	"Monitor.StartTransfer": func(ctx context.Context, e *everything) {
		_, tr := e.StartTransfer(ctx, 40, "peer")
		tr.Finish()
	},
	"Monitor.ServeTransfer": func(ctx context.Context, e *everything) {
		_, tr := e.ServeTransfer(ctx, 50, "peer")
		tr.Finish()
	},
	"Monitor.StartRemoteGet":          func(ctx context.Context, e *everything) { e.StartRemoteGet(ctx) },
	"Monitor.StartRemotePut":          func(ctx context.Context, e *everything) { e.StartRemotePut(ctx) },
	"Monitor.RecordRemoteRead":        func(_ context.Context, e *everything) { e.RecordRemoteRead(3) },
	"Monitor.RecordRemoteWrite":       func(_ context.Context, e *everything) { e.RecordRemoteWrite(4) },
	"Monitor.RecordRemoteGetTime":     func(ctx context.Context, e *everything) { e.RecordRemoteGetTime(ctx, everyTick) },
	"Monitor.RecordRemotePutTime":     func(ctx context.Context, e *everything) { e.RecordRemotePutTime(ctx, everyTick) },
	"Monitor.RecordRemoteGetSyncTime": func(ctx context.Context, e *everything) { e.RecordRemoteGetSyncTime(ctx, everyTick) },
	"Monitor.RecordPing":              func(_ context.Context, e *everything) { e.RecordPing(everyTick, 0) },
	"Monitor.SetRemoteCacheUsage":     func(_ context.Context, e *everything) { e.SetRemoteCacheUsage(100) },
	"Monitor.SetLocalCacheUsage":      func(_ context.Context, e *everything) { e.SetLocalCacheUsage(101) },
	"Monitor.SetLocalStorageUsage":    func(_ context.Context, e *everything) { e.SetLocalStorageUsage(102) },
	"Monitor.SetActiveObjects":        func(_ context.Context, e *everything) { e.SetActiveObjects(103) },
	"Monitor.AddPinnedObjects": func(_ context.Context, e *everything) {
		e.AddPinnedObjects(3)
		e.AddPinnedObjects(-2)
	},
	"Monitor.RecordEviction":         func(_ context.Context, e *everything) { e.RecordEviction(2) },
	"Monitor.RecordEvictionFailures": func(_ context.Context, e *everything) { e.RecordEvictionFailures(3) },
	"Monitor.RecordForcedUnpins":     func(_ context.Context, e *everything) { e.RecordForcedUnpins(4) },
	"Monitor.RecordChunkReuse":       func(ctx context.Context, e *everything) { e.RecordChunkReuse(ctx, time.Second) },
	"Monitor.AddEngineHitTokens":     func(_ context.Context, e *everything) { e.AddEngineHitTokens(5) },
	"Monitor.AddEnginePromptTokens":  func(_ context.Context, e *everything) { e.AddEnginePromptTokens(6) },
	"Monitor.Observe": func(_ context.Context, e *everything) {
		o, err := e.Observe(instruments.RemotePutTasks, func() float64 { return 1 })
		if err == nil {
			o.Unregister()
		} else if !errors.Is(err, otelcache.ErrObserved) {
			e.t.Errorf("Observe: %v", err)
		}
	},
	"Observation.Unregister": func(_ context.Context, e *everything) { e.observation.Unregister() },
	"Monitor.Cursor":         func(_ context.Context, e *everything) { e.Cursor().Next() },
	"Cursor.Next":            func(_ context.Context, e *everything) { e.seen.Add(e.cursor.Next().LocalCPUEvictedKeys) },

	"Lookup.SetRequestID":    func(_ context.Context, e *everything) { e.lookup.SetRequestID("r") },
	"Retrieve.SetRequestID":  func(_ context.Context, e *everything) { e.retrieve.SetRequestID("r") },
	"Store.SetRequestID":     func(_ context.Context, e *everything) { e.store.SetRequestID("r") },
	"Transfer.SetRequestID":  func(_ context.Context, e *everything) { e.transfer.SetRequestID("r") },
	"RemoteGet.SetRequestID": func(_ context.Context, e *everything) { e.get.SetRequestID("r") },
	"RemotePut.SetRequestID": func(_ context.Context, e *everything) { e.put.SetRequestID("r") },

	"Lookup.SetAttributes":    func(_ context.Context, e *everything) { e.lookup.SetAttributes(everyAttribute) },
	"Retrieve.SetAttributes":  func(_ context.Context, e *everything) { e.retrieve.SetAttributes(everyAttribute) },
	"Store.SetAttributes":     func(_ context.Context, e *everything) { e.store.SetAttributes(everyAttribute) },
	"Transfer.SetAttributes":  func(_ context.Context, e *everything) { e.transfer.SetAttributes(everyAttribute) },
	"RemoteGet.SetAttributes": func(_ context.Context, e *everything) { e.get.SetAttributes(everyAttribute) },
	"RemotePut.SetAttributes": func(_ context.Context, e *everything) { e.put.SetAttributes(everyAttribute) },

	"Retrieve.StartPhase": func(ctx context.Context, e *everything) {
		_, p := e.retrieve.StartPhase(ctx, otelcache.ProcessTokens)
		p.SetBytes(1)
		p.SetChunks(1)
		p.SetAttributes(everyAttribute)
		p.End()
	},
	"Store.StartPhase": func(ctx context.Context, e *everything) {
		_, p := e.store.StartPhase(ctx, otelcache.ProcessTokens)
		p.End()
	},
	"Retrieve.RecordPhase": func(_ context.Context, e *everything) {
		e.retrieve.RecordPhase(otelcache.ToGPU, time.Now(), time.Now().Add(everyTick))
	},
	"Store.RecordPhase": func(_ context.Context, e *everything) {
		e.store.RecordPhase(otelcache.Put, time.Now(), time.Now().Add(everyTick))
	},
}

var everyAttribute = attribute.String("tenant", "a")

// whenFinished ends the operations of even rounds, whenFailed those of odd ones. All goroutines try; one succeeds.
var (
	whenFinished = calls{
		"Lookup.Finish":    func(_ context.Context, e *everything) { e.lookup.Finish(50) },
		"Retrieve.Finish":  func(_ context.Context, e *everything) { e.retrieve.Finish(100) },
		"Store.Finish":     func(_ context.Context, e *everything) { e.store.Finish(200) },
		"Transfer.Finish":  func(_ context.Context, e *everything) { e.transfer.Finish() },
		"RemoteGet.Finish": func(_ context.Context, e *everything) { e.get.Finish(1000) },
		"RemotePut.Finish": func(_ context.Context, e *everything) { e.put.Finish(2000) },
	}
	whenFailed = calls{
		"Lookup.Fail":    func(_ context.Context, e *everything) { e.lookup.Fail(errBroken) },
		"Retrieve.Fail":  func(_ context.Context, e *everything) { e.retrieve.Fail(errBroken) },
		"Store.Fail":     func(_ context.Context, e *everything) { e.store.Fail(errBroken) },
		"Transfer.Fail":  func(_ context.Context, e *everything) { e.transfer.Fail(errBroken) },
		"RemoteGet.Fail": func(_ context.Context, e *everything) { e.get.Fail(errBroken) },
		"RemotePut.Fail": func(_ context.Context, e *everything) { e.put.Fail(errBroken) },
	}
	atShutdown = calls{"StatsLogger.Shutdown": func(ctx context.Context, e *everything) {
		if err := e.stats.Shutdown(ctx); err != nil {
			e.t.Errorf("Shutdown: %v", err)
		}
	}}
	atClose = calls{"Monitor.Close": func(_ context.Context, e *everything) { closeMonitor(e.t, e.Monitor) }}
)
