// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Retrieve brings cached tokens back to where the model needs them. Its methods are safe for concurrent use; it is finished once, with
// Finish or Fail.
type Retrieve struct {
	phases
	requestID atomic.Pointer[string] // for the warning of a slow retrieve
}

var retrieveKind = operationKind{
	span:  "lmcache.retrieve",
	times: []distributionID{retrieveDuration, retrieveSpeed},
	phases: [numPhases]distributionID{
		ProcessTokens:       retrieveProcessTokensDuration,
		Broadcast:           retrieveBroadcastDuration,
		ToGPU:               retrieveToGPUDuration,
		RemoteBatchedGet:    retrieveRemoteBatchedGetDuration,
		ConnectorBatchedGet: retrieveConnectorBatchedGetDuration,
	},
}

// retrieveContext is a retrieve and the context that carries it in one object, which is their only allocation. The span's context is made
// from it, so that whoever sees that of the span, such as a span processor or an exemplar filter, finds the retrieve in it.
type retrieveContext struct {
	context.Context
	retrieve Retrieve
}

type retrieveKey struct{}

// Value gives the retrieve to RetrieveFromContext.
func (c *retrieveContext) Value(key any) any {
	if _, ok := key.(retrieveKey); ok {
		return &c.retrieve
	}
	return c.Context.Value(key)
}

// String names the context as package context names its own. Without it, printing a context would read a retrieve that is in progress.
func (c *retrieveContext) String() string {
	if parent, ok := c.Context.(fmt.Stringer); ok {
		return parent.String() + ".WithRetrieve"
	}
	return fmt.Sprintf("%T.WithRetrieve", c.Context)
}

// StartRetrieve starts a retrieve of numTokens tokens: it counts the request and the tokens, and starts the span lmcache.retrieve. Use the
// returned context for what the retrieve does: it carries the span, and the retrieve for [RetrieveFromContext].
func (m *Monitor) StartRetrieve(ctx context.Context, numTokens int) (context.Context, *Retrieve) {
	c := &retrieveContext{Context: orBackground(ctx)}
	r := &c.retrieve
	r.tokens = m.natural(int64(numTokens), "number of tokens of a retrieve")
	m.counters.add(retrieveRequests, 1)
	m.counters.add(retrieveRequestedTokens, r.tokens)
	return r.begin(c, m, &retrieveKind), r
}

// RetrieveFromContext returns the retrieve that ctx was made by, or nil. Code far from the request, such as a storage backend, uses it
// to add a phase; the methods of a nil Retrieve do nothing.
func RetrieveFromContext(ctx context.Context) *Retrieve {
	if ctx == nil {
		return nil
	}
	r, _ := ctx.Value(retrieveKey{}).(*Retrieve)
	return r
}

// StartPhase starts a phase of the retrieve. Use the returned context for what the phase does: spans made with it nest
// under the phase. Phases may nest, overlap and run in several goroutines; one that is entered again adds up. When the request is
// not recorded by a trace, the phase has no span, but its time counts.
func (r *Retrieve) StartPhase(ctx context.Context, name PhaseName) (context.Context, Phase) {
	if r == nil || r.mon == nil {
		return orBackground(ctx), Phase{}
	}
	return r.startPhase(ctx, name)
}

// SetRequestID adds the serving engine's id of the request to the span and to the warning of a slow retrieve. It does not reach metrics.
func (r *Retrieve) SetRequestID(id string) {
	if r == nil || r.mon == nil {
		return
	}
	r.phases.SetRequestID(id)
	if r.mon.slowTime > 0 || r.mon.slowSpeed > 0 {
		kept := id // or every id would be allocated
		r.requestID.Store(&kept)
	}
}

// SetAttributes adds attributes to the span. They do not reach metrics.
func (r *Retrieve) SetAttributes(attrs ...attribute.KeyValue) {
	if r != nil {
		r.phases.SetAttributes(attrs...)
	}
}

// RecordPhase adds a phase that was timed elsewhere, such as by the events of a device. It adds up with others of the same name.
func (r *Retrieve) RecordPhase(name PhaseName, start, end time.Time) {
	if r == nil || r.mon == nil {
		return
	}
	r.recordPhase(name, start, end)
}

// Finish ends the retrieve with the number of tokens retrieved. It records the duration, the speed (tokens per second of the whole
// retrieve) and the time of each phase, and warns of a slow retrieve.
func (r *Retrieve) Finish(hitTokens int) {
	if r == nil {
		return
	}
	now, elapsed, ok := r.end()
	if !ok {
		return
	}
	m, hits := r.mon, r.hitTokens(hitTokens)
	m.countFinishedRetrieve(now, r.tokens, hits)
	r.recordElapsed(retrieveDuration, elapsed)
	speed := r.recordSpeed(retrieveSpeed, hits, elapsed)
	r.recordTimes()
	if m.isSlow(elapsed, speed) {
		m.countSlow(r, now, elapsed, hits, speed)
	}
	if r.recording {
		r.setResult(
			instruments.RequestedTokensKey.Int64(r.tokens),
			instruments.HitTokensKey.Int64(hits),
			instruments.HitRateKey.Float64(ratio(hits, r.tokens)),
			instruments.SpeedKey.Float64(speed),
		)
	}
	r.endSpan()
}

// Fail ends the retrieve with an error: it counts in the hit rate as a retrieve without hits, and its duration carries error.type
// natively. The times of its phases are not recorded, as LMCache never sees such a retrieve finish.
func (r *Retrieve) Fail(err error) {
	if r == nil {
		return
	}
	r.setRequestedTokens()
	if now, ok := r.fail(err, retrieveDuration); ok {
		r.mon.countFinishedRetrieve(now, r.tokens, 0)
	}
}
