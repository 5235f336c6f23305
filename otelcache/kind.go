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
	abandoned instruments.Counter // their tokens
	shared    shared              // what tiers feed, too
	rate      rateIndex           // of moved in requested tokens, for kinds whose moved tokens are hits

	hitsOf func(*layout) int // the first sum of the moved tokens by tier
	misses bool              // tokens that were not moved are counted by MissReason
	skips  bool              // or by SkipReason

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
