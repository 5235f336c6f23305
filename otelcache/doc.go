// SPDX-License-Identifier: Apache-2.0

// Package otelcache records what an LLM KV cache does, as OpenTelemetry spans and metrics: lookups, retrieves and stores
// with their phases, peer-to-peer transfers, remote backends, evictions and the state of the cache.
//
// A [Monitor] stands for one engine. An operation is started with a number of tokens and finished with the result:
//
//	ctx, retrieve := mon.StartRetrieve(ctx, numTokens)
//	pctx, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
//	// copy with pctx: spans made with it nest under the phase
//	phase.End()
//	retrieve.Finish(hitTokens) // or retrieve.Fail(err)
//
// The metrics are those of package instruments. The package imports OpenTelemetry's API only: which SDK, exporter, sampler
// and views are at work is the host's choice.
//
// # What a host can rely on
//
// No call panics, blocks on I/O, starts a goroutine unasked or keeps memory that grows with the number of requests. Everything is
// safe for concurrent use, except that one [Phase] value belongs to one goroutine, and that an operation is
// finished once. Cancelling a context does not stop what is recorded with it.
//
// Misuse has a defined outcome and harms no other request: a second Finish, a phase that starts or ends after its request has finished and
// negative numbers are ignored (or taken as 0), a hit rate above 1 is taken as 1, and each is reported to [otel.Handle], at most once in ten seconds for each
// kind of mistake. An operation that is never finished counts as started and nothing more.
//
// Times are monotonic. Durations and speeds of zero of lookups, retrieves, stores, transfers and phases are not recorded, as in LMCache; those of
// remote calls and the idle times of chunks are.
package otelcache
