// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// newExampleMonitor keeps the examples apart; a service leaves the option out for the global providers.
func newExampleMonitor() *otelcache.Monitor {
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "example"},
		otelcache.WithMeterProvider(noop.NewMeterProvider()))
	if err != nil {
		panic(err)
	}
	return mon
}

func ExampleMonitor_StartLookup() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	_, lookup := mon.StartLookup(context.Background(), 1000)
	lookup.Finish(250)

	fmt.Println(cursor.Next().LookupHitRate)
	// Output: 0.25
}

func ExampleMonitor_StartRetrieve() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	ctx, retrieve := mon.StartRetrieve(context.Background(), 1000)
	_, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
	phase.SetBytes(4096)
	phase.End()
	retrieve.Finish(500)

	stats := cursor.Next()
	fmt.Println(stats.RetrieveHitTokens, "of", stats.RetrieveRequestedTokens)
	// Output: 500 of 1000
}

func ExampleMonitor_StartStore() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	ctx, store := mon.StartStore(context.Background(), 1000)
	_, phase := store.StartPhase(ctx, otelcache.Put)
	phase.End()
	store.Finish(otelcache.AllTokens)

	fmt.Println(cursor.Next().StoreTokens)
	// Output: 1000
}

func ExampleMonitor_StartTransfer() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	_, transfer := mon.StartTransfer(context.Background(), 1000, "10.0.0.7:5000")
	transfer.Finish()

	fmt.Println(cursor.Next().P2PTransferTokens)
	// Output: 1000
}

func ExampleMonitor_StartRemoteGet() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	_, get := mon.StartRemoteGet(context.Background())
	get.Finish(4096)

	fmt.Println(cursor.Next().RemoteReadIO)
	// Output: 4096
}

func ExampleMonitor_StartRemotePut() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	_, put := mon.StartRemotePut(context.Background())
	put.Finish(4096)

	fmt.Println(cursor.Next().RemoteWriteIO)
	// Output: 4096
}

func ExampleRetrieveFromContext() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	// A storage backend knows the context alone.
	get := func(ctx context.Context) {
		start := time.Now()
		otelcache.RetrieveFromContext(ctx).RecordPhase(otelcache.RemoteBatchedGet, start, start.Add(20*time.Millisecond))
	}
	ctx, retrieve := mon.StartRetrieve(context.Background(), 1000)
	get(ctx)
	retrieve.Finish(1000)

	fmt.Println(cursor.Next().RetrieveRemoteBatchedGetDuration.Sum())
	// Output: 0.02
}

func ExampleRetrieve_Fail() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	_, retrieve := mon.StartRetrieve(context.Background(), 1000)
	retrieve.Fail(errors.New("remote backend is gone"))

	stats := cursor.Next()
	fmt.Println(stats.RetrieveRequests, stats.RetrieveHitTokens, stats.RetrieveDuration.Count())
	// Output: 1 0 0
}

func ExampleMonitor_Cursor() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	mon.RecordEviction(12)
	fmt.Println(cursor.Next().LocalCPUEvictedKeys)
	mon.RecordEviction(3)
	fmt.Println(cursor.Next().LocalCPUEvictedKeys)
	// Output:
	// 12
	// 3
}

func ExampleNewStatsLogger() {
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "logger"},
		otelcache.WithMeterProvider(noop.NewMeterProvider()), otelcache.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Close()
	logger, err := otelcache.NewStatsLogger(mon, 10*time.Second, otelcache.WithSink(func(s otelcache.Stats) {
		fmt.Println(s.LocalCPUEvictedKeys, "keys evicted")
	}))
	if err != nil {
		fmt.Println(err)
		return
	}

	mon.RecordEviction(12)

	if err := logger.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: 12 keys evicted
}

func ExampleMonitor_Observe() {
	mon := newExampleMonitor()
	defer mon.Close()
	entries := map[string][]byte{}

	observation, err := mon.Observe(instruments.LocalCPUHotCacheEntries, func() float64 { return float64(len(entries)) })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer observation.Unregister()

	_, err = mon.Observe(instruments.LocalCPUHotCacheEntries, func() float64 { return 0 })
	fmt.Println(errors.Is(err, otelcache.ErrObserved))
	// Output: true
}

func ExampleGetOrCreate() {
	engine := otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "shared"}
	a, err := otelcache.GetOrCreate(engine)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	b, err := otelcache.GetOrCreate(engine)
	fmt.Println(a == b, err)
	// Output: true <nil>
}

func ExampleRetrieve_Abandon() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()

	retrieve := func(ctx context.Context) error {
		ctx, retrieve := mon.StartRetrieve(ctx, 1000)
		defer retrieve.Abandon() // ends it on the way out, unless it has ended
		if err := ctx.Err(); err != nil {
			return err
		}
		retrieve.Finish(1000)
		return nil
	}
	fmt.Println(retrieve(context.Background()))
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(retrieve(gone))

	stats := cursor.Next()
	fmt.Println(stats.RetrieveRequests, "started", stats.RetrieveCancelled, "cancelled", stats.RetrieveFailures, "failed")
	// Output:
	// <nil>
	// context canceled
	// 2 started 1 cancelled 0 failed
}

func ExampleMonitor_RecordStore() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()
	ctx, end := context.Background(), time.Now()

	mon.RecordStore(ctx, otelcache.Record{
		Start: end.Add(-2 * time.Second), End: end, Tokens: 1000, Stored: 750,
		Phases: []otelcache.PhaseRecord{{Name: otelcache.Put, Start: end.Add(-time.Second), End: end}},
	})
	mon.RecordStore(ctx, otelcache.Record{Tokens: 250, Stored: 250}) // from an event without times

	stats := cursor.Next()
	fmt.Println(stats.StoreRequests, "stores of", stats.StoreTokens, "tokens")
	fmt.Println(stats.StoreDuration.Count(), "timed:", stats.StoreDuration.Sum(), "s,", stats.StorePutDuration.Sum(), "s of it put")
	// Output:
	// 2 stores of 1000 tokens
	// 1 timed: 2 s, 1 s of it put
}

func ExampleNewEngines() {
	engines, err := otelcache.NewEngines(1000, 10*time.Minute, otelcache.WithMeterProvider(noop.NewMeterProvider()))
	if err != nil {
		fmt.Println(err) // the set works and records nothing
	}
	defer engines.Close()
	pod := engines.Monitor(otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "pod-7"})
	cursor := pod.Cursor()

	_, lookup := engines.StartLookup(context.Background(), 1000)
	lookup.FinishOn(pod, 250) // pod-7 was chosen, because it has the most

	stats := cursor.Next()
	fmt.Println(stats.Engine.WorkerID, stats.LookupHitTokens, "of", stats.LookupRequestedTokens)
	// Output: pod-7 250 of 1000
}

func ExampleNewPhase() {
	mon := newExampleMonitor()
	defer mon.Close()
	cursor := mon.Cursor()
	verifyChecksums, err := otelcache.NewPhase("verify_checksums") // once, at start-up
	if err != nil {
		fmt.Println(err)
	}

	_, retrieve := mon.StartRetrieve(context.Background(), 1000)
	start := time.Now()
	retrieve.RecordPhase(verifyChecksums, start.Add(-20*time.Millisecond), start)
	retrieve.Finish(1000)

	fmt.Println(verifyChecksums, cursor.Next().OperationPhaseDuration.Sum())
	// Output: verify_checksums 0.02
}
