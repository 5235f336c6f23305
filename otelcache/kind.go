// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// kind says what the operations of one kind record. A metric that they do not
// feed is the zero handle, an attribute that they lack is the empty key.
type kind struct {
	span    string
	options []trace.SpanStartOption // built once, or each span would allocate them

	requests  instruments.Counter // operations started
	requested instruments.Counter // their tokens
	finished  instruments.Counter // operations finished
	moved     instruments.Counter // tokens or bytes that they moved
	zero      instruments.Counter // operations that moved nothing
	failures  instruments.Counter // operations that failed
	cancelled instruments.Counter // operations that were cancelled
	rate      rateIndex           // of moved in requested tokens, for kinds whose moved tokens are hits

	duration instruments.Histogram
	slow     bool // operations below a threshold are counted and warned of
	instant  bool // a duration of zero is recorded, too
	speed    instruments.Histogram
	hitRate  instruments.Histogram // of single operations with a hit
	phases   [numPhases]instruments.Histogram

	requestedKey, movedKey, hitRateKey, speedKey attribute.Key // of the span

	// What newKind derives from the above.
	phaseNames []PhaseName             // those that have a metric
	timed      []instruments.Histogram // those that need the duration of the operation or a phase
}

func newKind(k kind) kind {
	for _, h := range []instruments.Histogram{k.duration, k.speed} {
		if h.Index() != 0 {
			k.timed = append(k.timed, h)
		}
	}
	for name, h := range k.phases {
		if h.Index() != 0 {
			k.phaseNames = append(k.phaseNames, PhaseName(name))
			k.timed = append(k.timed, h)
		}
	}
	return k
}

// name returns the value of the attribute lmcache.operation.
func (k *kind) name() string { return strings.TrimPrefix(k.span, "lmcache.") }

// has reports whether operations of the kind may have the phase.
func (k *kind) has(name PhaseName) bool {
	if name < numPhases {
		return k.phases[name].Index() != 0
	}
	return int(name-numPhases) < len(hostPhaseNames())
}

var (
	clientSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}
	serverSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}
)

var lookupKind = newKind(kind{
	span:         "lmcache.lookup",
	requests:     instruments.LookupRequests,
	requested:    instruments.LookupRequestedTokens,
	moved:        instruments.LookupHitTokens,
	zero:         instruments.LookupZeroHitRequests,
	rate:         lookupRate,
	failures:     instruments.LookupFailures,
	cancelled:    instruments.LookupCancelled,
	duration:     instruments.LookupDuration,
	hitRate:      instruments.LookupRequestHitRate,
	requestedKey: instruments.RequestedTokensKey,
	movedKey:     instruments.HitTokensKey,
	hitRateKey:   instruments.HitRateKey,
})

var retrieveKind = newKind(kind{
	span:      "lmcache.retrieve",
	requests:  instruments.RetrieveRequests,
	requested: instruments.RetrieveRequestedTokens,
	moved:     instruments.RetrieveHitTokens,
	rate:      retrieveRate,
	failures:  instruments.RetrieveFailures,
	cancelled: instruments.RetrieveCancelled,
	duration:  instruments.RetrieveDuration,
	slow:      true,
	speed:     instruments.RetrieveSpeed,
	phases: [numPhases]instruments.Histogram{
		ProcessTokens:       instruments.RetrieveProcessTokensDuration,
		Broadcast:           instruments.RetrieveBroadcastDuration,
		ToGPU:               instruments.RetrieveToGPUDuration,
		RemoteBatchedGet:    instruments.RetrieveRemoteBatchedGetDuration,
		ConnectorBatchedGet: instruments.RetrieveConnectorBatchedGetDuration,
	},
	requestedKey: instruments.RequestedTokensKey,
	movedKey:     instruments.HitTokensKey,
	hitRateKey:   instruments.HitRateKey,
	speedKey:     instruments.SpeedKey,
})

var storeKind = newKind(kind{
	span:      "lmcache.store",
	requests:  instruments.StoreRequests,
	moved:     instruments.StoreTokens,
	failures:  instruments.StoreFailures,
	cancelled: instruments.StoreCancelled,
	duration:  instruments.StoreDuration,
	speed:     instruments.StoreSpeed,
	phases: [numPhases]instruments.Histogram{
		ProcessTokens: instruments.StoreProcessTokensDuration,
		FromGPU:       instruments.StoreFromGPUDuration,
		Put:           instruments.StorePutDuration,
	},
	requestedKey: instruments.RequestedTokensKey,
	movedKey:     instruments.StoredTokensKey,
	speedKey:     instruments.SpeedKey,
})

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

var remoteGetKind = newKind(kind{
	span:      "lmcache.remote.get",
	options:   clientSpan,
	finished:  instruments.RemoteReadRequests,
	moved:     instruments.RemoteReadIO,
	failures:  instruments.RemoteGetFailures,
	cancelled: instruments.RemoteGetCancelled,
	duration:  instruments.RemoteGetDuration,
	instant:   true,
	movedKey:  instruments.BytesKey,
})

var remotePutKind = newKind(kind{
	span:      "lmcache.remote.put",
	options:   clientSpan,
	finished:  instruments.RemoteWriteRequests,
	moved:     instruments.RemoteWriteIO,
	failures:  instruments.RemotePutFailures,
	cancelled: instruments.RemotePutCancelled,
	duration:  instruments.RemotePutDuration,
	instant:   true,
	movedKey:  instruments.BytesKey,
})
