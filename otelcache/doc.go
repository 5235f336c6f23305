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
// Observation do nothing, and so do those of the operations and phases that they
// return. A host that may run without telemetry needs no condition. Along with an
// error, a constructor returns a value that records nothing, so that a host may
// log the error and go on.
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
// No call panics, blocks on I/O or keeps memory that grows with the number of
// requests. Code of the host may block, panic or call this package again:
//
//   - The error handler of [otel.Handle] and the logger of slow retrieves run in
//     a goroutine that exists while there are messages for them. At most 64
//     wait; the next one says how many did not fit. The handler gets a kind of
//     misuse once in ten seconds, and a part of the host that fails once until
//     it works again.
//   - Fail calls the function of [WithErrorType] and the methods of the error,
//     and waits for them. Their panics are no panics of Fail.
//   - A gauge's callback holds up the collection that calls it, a sink its
//     [StatsLogger], and nothing else. A panic loses the one reading or record.
//   - Recording calls use the spans and the histograms that the host's
//     providers made, and run the span processors of the host. What these do,
//     the caller gets.
//   - [New], [GetOrCreate] and [NewEngines] wait for the providers that they are
//     given, which may wait for a collection in progress when the meter provider
//     is new to this package. Monitors of other providers do not wait for them.
//     A provider that panics is an error.
//   - Closing the last monitor of a meter provider takes the callback from it in
//     a goroutine, which ends when no collection is in progress. Close waits
//     for a second at most, and not at all during a collection.
//   - The spans of operations of tiers that are abandoned after ten minutes end in
//     a goroutine of their own.
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
//   - A number of tokens, bytes or objects that is negative or above 2^53 is
//     left out, but for [AllTokens] and [Unknown] where they have a meaning; so
//     is a time that is negative or longer than a day, for an idle chunk than a
//     year. An operation counts without it.
//   - So is an unpin of more objects than are pinned.
//   - Hits above the requested tokens are left out. So are hits, misses and
//     skipped tokens that are named after the end of their operation.
//   - Times that cannot be are treated as absent.
//   - Text that is not valid UTF-8 is repaired with U+FFFD, and long text is cut:
//     names that become attributes of metrics to 256 bytes, of which the last are
//     a hash of the whole, texts of errors and all else on spans to 4096. Of
//     names it is reported. Control characters stay.
//   - The first 32 types of errors in a process have series of their own, beside
//     Go's sentinels. Others count as "_OTHER".
//   - One of LMCache's metrics that a tier feeds and a call without a tier counts
//     twice.
//
// No counter falls: totals stay where an int64 ends.
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
