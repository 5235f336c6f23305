// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// lockedReservoir makes a reservoir safe for concurrent use.
type lockedReservoir struct {
	mu sync.Mutex
	exemplar.Reservoir
}

func (r *lockedReservoir) Offer(ctx context.Context, t time.Time, v exemplar.Value, dropped []attribute.KeyValue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Reservoir.Offer(ctx, t, v, dropped)
}

func (r *lockedReservoir) Collect(dest *[]exemplar.Exemplar) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Reservoir.Collect(dest)
}

// concurrentSafe returns r, or one that locks it. The SDK's reservoirs have locks
// of their own, one for each bucket of a histogram. One for all buckets would cost
// two processors with sampled requests a fifth of what they do.
func concurrentSafe(r exemplar.Reservoir) exemplar.Reservoir {
	switch r.(type) {
	case *exemplar.HistogramReservoir, *exemplar.FixedSizeReservoir:
		return r
	}
	return &lockedReservoir{Reservoir: r}
}

// offer offers a measurement to the point's reservoir, which is made for the
// first one: most points never have an exemplar.
func (p *point) offer(ctx context.Context, v float64, dropped []attribute.KeyValue) {
	now := time.Now()
	r := p.exemplars.Load()
	if r == nil {
		made := concurrentSafe(p.stream.reservoir(p.attrs))
		p.exemplars.CompareAndSwap(nil, &made)
		r = p.exemplars.Load()
	}
	(*r).Offer(ctx, now, exemplar.NewValue(v), dropped)
}

// collectExemplars returns the exemplars. It uses scratch for what does not leave
// it.
func (p *point) collectExemplars(scratch *[]exemplar.Exemplar) []metricdata.Exemplar[float64] {
	r := p.exemplars.Load()
	if r == nil {
		return nil
	}
	// A reservoir writes into the slices of identifiers that it finds.
	clear((*scratch)[:cap(*scratch)])
	(*r).Collect(scratch)
	all := make([]metricdata.Exemplar[float64], 0, len(*scratch))
	for _, e := range *scratch {
		all = append(all, metricdata.Exemplar[float64]{
			FilteredAttributes: slices.Clone(e.FilteredAttributes), Time: e.Time, Value: e.Value.Float64(),
			SpanID: e.SpanID, TraceID: e.TraceID,
		})
	}
	return all
}
