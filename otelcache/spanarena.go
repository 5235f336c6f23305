// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// spanArena is the memory that a recording operation needs for the spans of its
// phases and the attributes of its result, in one allocation instead of one each
// (TestAllocations, sampled). It can go when the compiler keeps the arguments of
// interface calls on the stack.
type spanArena struct {
	caller context.Context // the operation was started with it
	taken  atomic.Int32    // spans of phases, those that were refused included
	used   atomic.Int32    // places of spans
	spans  [5]trace.Span   // the phases of a usual request; others are allocated
	result [4]attribute.KeyValue
}

// maxPhaseSpans bounds the spans of an operation that enters phases in a loop.
const maxPhaseSpans = 32

// take reports whether one more phase may have a span.
func (a *spanArena) take() bool { return a.taken.Add(1) <= maxPhaseSpans }

// merged returns the number of phases that got no span.
func (a *spanArena) merged() int { return max(int(a.taken.Load())-maxPhaseSpans, 0) }

// keep returns the place of a phase's span from now on.
func (a *spanArena) keep(span trace.Span) *trace.Span {
	if i := int(a.used.Add(1)) - 1; i < len(a.spans) {
		a.spans[i] = span
		return &a.spans[i]
	}
	kept := new(trace.Span) // the address of span would move every span to the heap
	*kept = span
	return kept
}
