// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// call is a call of a method, with the data points that it feeds and the spans
// that it ends.
type call struct {
	do    func(context.Context, *everything)
	feeds points
	spans []string
}

type calls map[string]call

// everyOperation is what all operations have in common.
type everyOperation interface {
	SetRequestID(string)
	SetAttributes(...attribute.KeyValue)
	StartPhase(context.Context, otelcache.PhaseName) (context.Context, otelcache.Phase)
	RecordPhase(otelcache.PhaseName, time.Time, time.Time)
	Fail(error)
	Abandon()
}

// everyKind has the shared operations, and the phase that each may have.
var everyKind = []struct {
	name, span string
	phase      otelcache.PhaseName
	of         func(*everything) everyOperation
	metric     string
	failed     string // the duration of a failed one
}{
	{
		"Lookup", "lmcache.lookup", noPhase, func(e *everything) everyOperation { return e.lookup },
		"lmcache.lookup", "sum 0.001953125, 1 ≤ 0.00256",
	},
	{
		"Retrieve", "lmcache.retrieve", otelcache.ToGPU, func(e *everything) everyOperation { return e.retrieve },
		"lmcache.retrieve", oneTick,
	},
	{
		"Store", "lmcache.store", otelcache.Put, func(e *everything) everyOperation { return e.store },
		"lmcache.store", oneTick,
	},
	{
		"Transfer", "lmcache.p2p_transfer", noPhase, func(e *everything) everyOperation { return e.transfer },
		"lmcache.p2p.transfer", oneTick,
	},
	{
		"RemoteGet", "lmcache.remote.get", noPhase, func(e *everything) everyOperation { return e.get },
		"lmcache.remote.get", oneTick,
	},
	{
		"RemotePut", "lmcache.remote.put", noPhase, func(e *everything) everyOperation { return e.put },
		"lmcache.remote.put", oneTick,
	},
}

const (
	noPhase = otelcache.PhaseName(200)
	// everyTick is the time of a shared operation, a power of two so that sums of
	// it are exact.
	everyTick = time.Second / 512
	oneTick   = "sum 0.001953125, 1 ≤ 0.005"
)

var everyAttribute = attribute.String("tenant", "a")

// whileRunning returns a call of each method that does not end what it belongs
// to. Each goroutine makes it once a round. The rows of feeds that are named
// after a method are calls of it.
func whileRunning(t *testing.T) calls {
	t.Helper()
	all := calls{
		"Monitor.Engine": {do: func(_ context.Context, e *everything) {
			if got := e.Engine(); got != testEngine {
				e.t.Errorf("engine %+v, want %+v", got, testEngine)
			}
		}},
		// Operations that take no time: the shared ones have the durations.
		"Monitor.StartLookup": {func(ctx context.Context, e *everything) {
			_, l := e.StartLookup(ctx, 10)
			l.Finish(5)
		}, points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "10", "lmcache.lookup.hit_tokens": "5", missed("_OTHER"): "5",
			"lmcache.lookup.request_hit_rate": "sum 0.5, 1 ≤ 0.5",
		}, []string{"lmcache.lookup"}},
		"Monitor.StartRetrieve": {func(ctx context.Context, e *everything) {
			ctx, r := e.StartRetrieve(ctx, 20)
			if otelcache.RetrieveFromContext(ctx) != r {
				e.t.Error("the context carries another retrieve")
			}
			r.Finish(5)
		}, points{
			"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "20",
			"lmcache.retrieve.hit_tokens": "5",
		}, []string{"lmcache.retrieve"}},
		"Monitor.StartStore": {func(ctx context.Context, e *everything) {
			_, s := e.StartStore(ctx, 30)
			s.Finish(otelcache.AllTokens)
		}, points{"lmcache.store.requests": "1", "lmcache.store.tokens": "30"}, []string{"lmcache.store"}},
		"Lookup.Hit":   {do: func(_ context.Context, e *everything) { e.lookup.Hit("memory", 1) }},
		"Lookup.Miss":  {do: func(_ context.Context, e *everything) { e.lookup.Miss(otelcache.Evicted, 0) }},
		"Retrieve.Hit": {do: func(_ context.Context, e *everything) { e.retrieve.Hit("memory", 1) }},
		"Store.Skip":   {do: func(_ context.Context, e *everything) { e.store.Skip(otelcache.Full, 0) }},
		"Monitor.StartTransfer": {func(ctx context.Context, e *everything) {
			_, tr := e.StartTransfer(ctx, 40, "peer")
			tr.Finish()
		}, points{
			"lmcache.p2p.transfer.requests": "1", "lmcache.p2p.transfer.tokens": "40",
		}, []string{"lmcache.p2p_transfer"}},
		"Monitor.ServeTransfer": {func(ctx context.Context, e *everything) {
			_, tr := e.ServeTransfer(ctx, 50, "peer")
			tr.Finish()
		}, nil, []string{"lmcache.p2p_transfer"}},
		"Monitor.Tier":           {do: func(_ context.Context, e *everything) { e.Tier("memory") }},
		"Monitor.Clear":          {do: func(ctx context.Context, e *everything) { e.Clear(ctx) }},
		"Monitor.StartRemoteGet": {do: func(ctx context.Context, e *everything) { e.StartRemoteGet(ctx) }},
		"Monitor.StartRemotePut": {do: func(ctx context.Context, e *everything) { e.StartRemotePut(ctx) }},
		"Monitor.Observe": {do: func(_ context.Context, e *everything) {
			o, err := e.Observe(instruments.RemotePutTasks, func() float64 { return 1 })
			if err == nil {
				o.Unregister()
			} else if !errors.Is(err, otelcache.ErrObserved) {
				e.t.Errorf("Observe: %v", err)
			}
		}},
		"Observation.Unregister": {do: func(_ context.Context, e *everything) { e.observation.Unregister() }},
		"Monitor.Cursor":         {do: func(_ context.Context, e *everything) { e.Cursor().Next() }},
		"Cursor.Next": {do: func(_ context.Context, e *everything) {
			e.seen.Add(e.cursor.Next().LocalCPUEvictedKeys)
		}},
	}
	for _, f := range feeds {
		if _, ok := reflect.TypeFor[*otelcache.Monitor]().MethodByName(f.name); ok {
			feed := func(ctx context.Context, e *everything) { f.feed(ctx, e.Monitor) }
			all["Monitor."+f.name] = call{feed, f.want, recordedSpans[f.name]}
		}
	}
	for _, k := range everyKind {
		all[k.name+".SetRequestID"] = call{do: func(_ context.Context, e *everything) { k.of(e).SetRequestID("r") }}
		all[k.name+".SetAttributes"] = call{do: func(_ context.Context, e *everything) {
			k.of(e).SetAttributes(everyAttribute)
		}}
		start := call{do: func(ctx context.Context, e *everything) {
			_, p := k.of(e).StartPhase(ctx, k.phase)
			p.SetBytes(1)
			p.SetChunks(1)
			p.SetAttributes(everyAttribute)
			p.End()
		}}
		record := call{do: func(_ context.Context, e *everything) {
			k.of(e).RecordPhase(k.phase, time.Now(), time.Now().Add(everyTick))
		}}
		if k.phase != noPhase {
			start.spans, record.spans = []string{k.phase.String()}, []string{k.phase.String()}
		}
		all[k.name+".StartPhase"], all[k.name+".RecordPhase"] = start, record
	}
	m := openMonitor(t, otelcache.Engine{})
	cursor := m.Cursor()
	m.RecordChunkReuse(t.Context(), everyTick)
	stats := cursor.Next()
	for _, value := range []any{
		otelcache.Put, otelcache.Evicted, otelcache.Full, otelcache.Expiry, otelcache.ForMove, otelcache.CPU("memory"), stats, stats.ChunkLifespan, stats.Engine,
	} {
		v := reflect.ValueOf(value)
		for i := range v.NumMethod() {
			all[v.Type().Name()+"."+v.Type().Method(i).Name] = call{do: func(ctx context.Context, _ *everything) {
				callWithZeros(v.Method(i), ctx)
			}}
		}
	}
	return all
}

// atStart starts the shared operations of a round, once.
var atStart = call{func(ctx context.Context, e *everything) {
	_, e.lookup = e.StartLookup(ctx, 100)
	_, e.retrieve = e.StartRetrieve(ctx, 200)
	_, e.store = e.StartStore(ctx, 300)
	_, e.transfer = e.StartTransfer(ctx, 400, "peer")
	_, e.get = e.StartRemoteGet(ctx)
	_, e.put = e.StartRemotePut(ctx)
	var err error
	if e.observation, err = e.Observe(instruments.Healthy, func() float64 { return 1 }); err != nil {
		e.t.Fatal(err)
	}
}, points{
	"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "100",
	"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "200",
	"lmcache.store.requests": "1", "lmcache.p2p.transfer.requests": "1",
}, nil}

// whenFinished ends the operations of every third round after one tick. All goroutines
// try; one succeeds.
var whenFinished = calls{
	"Lookup.Finish": {func(_ context.Context, e *everything) { e.lookup.Finish(50) }, points{
		"lmcache.lookup.hit_tokens": "50", missed("_OTHER"): "50", "lmcache.lookup.request_hit_rate": "sum 0.5, 1 ≤ 0.5",
		"lmcache.lookup.duration": "sum 0.001953125, 1 ≤ 0.00256",
	}, []string{"lmcache.lookup"}},
	"Retrieve.Finish": {func(_ context.Context, e *everything) { e.retrieve.Finish(100) }, points{
		"lmcache.retrieve.hit_tokens": "100", "lmcache.retrieve.duration": oneTick,
		"lmcache.retrieve.speed":           "sum 51200, 1 ≤ 65536",
		"lmcache.retrieve.to_gpu.duration": "sum 0.015625, 1 ≤ 0.02048", // a tick of each goroutine
	}, []string{"lmcache.retrieve"}},
	"Store.Finish": {func(_ context.Context, e *everything) { e.store.Finish(200) }, points{
		"lmcache.store.tokens": "200", skipped("_OTHER"): "100", "lmcache.store.duration": oneTick,
		"lmcache.store.speed": "sum 102400, 1 above", "lmcache.store.put.duration": "sum 0.015625, 1 ≤ 0.02048",
	}, []string{"lmcache.store"}},
	"Transfer.Finish": {func(_ context.Context, e *everything) { e.transfer.Finish() }, points{
		"lmcache.p2p.transfer.tokens": "400", "lmcache.p2p.transfer.duration": oneTick,
		"lmcache.p2p.transfer.speed": "sum 204800, 1 above",
	}, []string{"lmcache.p2p_transfer"}},
	"RemoteGet.Finish": {func(_ context.Context, e *everything) { e.get.Finish(1000) }, points{
		"lmcache.remote.read.requests": "1", "lmcache.remote.read.io": "1000",
		"lmcache.remote.get.duration": oneTick,
	}, []string{"lmcache.remote.get"}},
	"RemotePut.Finish": {func(_ context.Context, e *everything) { e.put.Finish(2000) }, points{
		"lmcache.remote.write.requests": "1", "lmcache.remote.write.io": "2000",
		"lmcache.remote.put.duration": oneTick,
	}, []string{"lmcache.remote.put"}},
}

// whenFailed returns what ends the operations of every third round.
func whenFailed() calls {
	all := calls{}
	for _, k := range everyKind {
		fail := func(_ context.Context, e *everything) { k.of(e).Fail(errBroken) }
		feeds := points{
			k.metric + ".failures": "1", k.metric + ".duration{error.type=*errors.errorString}": k.failed,
		}
		switch k.name {
		case "Lookup":
			feeds[missed("failed")] = "100"
		case "Store":
			feeds[skipped("failed")] = "300"
		}
		all[k.name+".Fail"] = call{fail, feeds, []string{k.span}}
	}
	return all
}

// whenAbandoned returns what ends the operations of every third round.
func whenAbandoned() calls {
	all := calls{}
	for _, k := range everyKind {
		abandon := func(_ context.Context, e *everything) { k.of(e).Abandon() }
		feeds := points{k.metric + ".cancelled": "1"}
		if k.name == "Lookup" {
			feeds["lmcache.lookup.abandoned_tokens"] = "100"
		}
		all[k.name+".Abandon"] = call{abandon, feeds, []string{k.span}}
	}
	return all
}

var (
	atShutdown = calls{"StatsLogger.Shutdown": {do: func(ctx context.Context, e *everything) {
		if err := e.stats.Shutdown(ctx); err != nil {
			e.t.Errorf("Shutdown: %v", err)
		}
	}}}
	atClose = calls{"Monitor.Close": {do: func(_ context.Context, e *everything) { closeMonitor(e.t, e.Monitor) }}}
)
