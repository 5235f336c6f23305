// SPDX-License-Identifier: Apache-2.0

// Package otelcache records the work of an LLM KV cache as OpenTelemetry spans
// and metrics: lookups, retrieves and stores with their phases, peer-to-peer
// transfers, remote backends, evictions and the state of the cache.
//
// A [Monitor] stands for one engine. An operation is started with a number of
// tokens and finished with its result:
//
//	ctx, retrieve := mon.StartRetrieve(ctx, numTokens)
//	defer retrieve.Abandon() // does nothing once it has ended
//	pctx, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
//	// copy with pctx: spans made with it nest under the phase
//	phase.End()
//	retrieve.Finish(hitTokens) // or retrieve.Fail(err)
//
// The metrics are those of package instruments. The package imports
// OpenTelemetry's API only: SDK, exporters, sampler and views are the host's
// choice. docs/hosts.md has a whole program for each kind of host.
//
// # Ways to record
//
//   - Operations in progress: StartLookup, StartRetrieve, StartStore and so on.
//   - Operations that are known afterwards: [Monitor.RecordStore] and the other
//     three take a [Record] with the times that the operation had. Without
//     times it is counted, and there is no span and no duration.
//   - Tiers: [WithTiers] declares the places that hold KV cache, and
//     [Monitor.Tier] records what one of them does: reads, writes, moves,
//     evictions, usage.
//   - Many engines: [NewEngines] makes a bounded set of monitors, for hosts
//     that learn per request which engine it is about. [Engines.StartLookup]
//     starts a lookup before its engine is known.
//   - Phases of the host's own: [NewPhase], once per phase at start-up.
//   - Statistics of an interval: [Monitor.Cursor], or [NewStatsLogger] for the
//     log and for functions of the host.
//
// # Optional instrumentation
//
// Methods of a nil or zero Monitor, TierMonitor, Engines, Cursor, StatsLogger or
// Observation do nothing, and so do those of the operations and phases that they return. A
// host that may run without telemetry needs no condition. Along with an error,
// a constructor returns a value that records nothing, so that a host may log
// the error and go on.
//
// # Failure and cancellation
//
// Fail ends an operation with an error. It counts as a failure, with no hits.
// If the error is [context.Canceled], or if the context of the operation is
// cancelled, the operation counts as cancelled instead: in no histogram, in no
// hit rate, and its span has no error. Abandon ends an operation as cancelled.
// It may be deferred, because it does nothing after Finish or Fail.
//
// # Promises to a host
//
// No call panics, blocks on I/O, starts a goroutine unasked or keeps memory
// that grows with the number of requests. Two goroutines are the exception.
// Closing the last monitor of a meter provider during a collection unregisters
// the callback from one, which ends with the collection. Another ends the spans of
// operations of tiers that are abandoned after ten minutes. Two things run in the
// caller: the host's logger, for the warning of a slow retrieve, and the
// host's error handler. Both get at most one message of a kind in ten seconds
// from each monitor.
//
// Everything is safe for concurrent use, except that a [Phase] belongs to one
// goroutine. Cancelling a context does not stop the recording with it.
//
// # Misuse
//
// Misuse is reported to [otel.Handle], wraps [ErrMisuse], and harms no other
// request:
//
//   - The first end of an operation counts. A later Finish or Fail is ignored.
//   - A phase that starts or ends after its operation is ignored, as is one
//     that its kind of operation does not have.
//   - A negative time, or number of tokens, bytes or objects, is taken as 0,
//     but for [AllTokens] and [Unknown] where they have a meaning.
//   - With more hits than requested tokens, the counters keep both numbers and
//     the hit rate is 1.
//   - Times that cannot be are treated as absent.
//   - One of LMCache's metrics that a tier feeds and a call without a tier counts
//     twice.
//
// An operation that never ends counts as started and nothing more; its span is
// never exported. This cannot be detected and is not reported. One of a tier is
// abandoned after ten minutes.
//
// # Times
//
// Times of operations in progress are monotonic. Durations and speeds of zero
// are not recorded, as in LMCache, except the durations of remote calls and the
// idle times of chunks.
package otelcache
