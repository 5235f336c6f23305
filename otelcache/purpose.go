// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TierOption says more of an operation of a tier. A [Purpose] is one. A nil
// TierOption is ignored.
type TierOption interface{ ofTier() }

// Purpose is what a tier is read or written for. The zero Purpose is
// ForRequest.
type Purpose uint8

// The purposes.
const (
	// ForRequest is for a request that waits.
	ForRequest Purpose = iota
	// ForPrefetch is for a request that is expected to need the tokens.
	ForPrefetch
	// ForMove is for tokens that move to another tier.
	ForMove

	numPurposes
)

// String returns the purpose's value of the attribute lmcache.tier.purpose. An
// unknown one is for a request.
func (p Purpose) String() string { return purposes[p.known()] }

func (p Purpose) known() Purpose {
	if p >= numPurposes {
		return ForRequest
	}
	return p
}

func (Purpose) ofTier() {}

// tierOperationKind is what is done to a tier.
type tierOperationKind uint8

const (
	tierRead tierOperationKind = iota
	tierWrite
	numTierOperations
)

func (k tierOperationKind) String() string { return tierOperationNames[k] }

var (
	purposes           = valuesOf(instruments.TierOperations, instruments.TierPurposeKey)
	tierOperationNames = valuesOf(instruments.TierOperations, instruments.TierOperationKey)
)

// WithLinks links the operation to the requests that it serves together. It
// then belongs to none of them: its span is the root of a trace. Without it,
// the span has no links and is a child of the one in the context.
func WithLinks(links ...trace.Link) TierOption { return withLinks(spanText.links(links)) }

type withLinks []trace.Link

func (withLinks) ofTier() {}

// WithKeys says how many keys of the cache the operation is about, for its
// span, and for LMCache's count of evicted keys if it moves them out of the
// memory of the host. Without it, the span does not say, and a move is one of
// one key.
func WithKeys(n int) TierOption { return withKeys(n) }

type withKeys int

func (withKeys) ofTier() {}

// about is what options say of an operation.
type about struct {
	purpose Purpose
	keys    int64 // 0 when unknown
	links   []trace.Link
}

// keysOf returns n, or 0 for a number that cannot be, which it reports.
func keysOf(n int) int64 { return max(orUnknown(int64(n), string(instruments.KeysKey)), 0) }

// aboutOf is a switch, not a method of options: the arguments of an interface's
// method would all be on the heap.
func aboutOf(options []TierOption) (a about) {
	for _, o := range options {
		switch o := o.(type) {
		case Purpose:
			a.purpose = o.known()
		case withKeys:
			a.keys = keysOf(int(o))
		case withLinks:
			a.links = o
		}
	}
	return a
}
