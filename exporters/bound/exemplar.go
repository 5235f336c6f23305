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

// reservoir makes a reservoir safe for concurrent use.
type reservoir struct {
	mu sync.Mutex
	exemplar.Reservoir
}

// offer offers a measurement to the point's reservoir, which is made for the
// first one: most points never have an exemplar.
func (p *point) offer(ctx context.Context, v float64, dropped []attribute.KeyValue) {
	now := time.Now()
	r := p.exemplars.Load()
	if r == nil {
		p.exemplars.CompareAndSwap(nil, &reservoir{Reservoir: p.stream.reservoir(p.attrs)})
		r = p.exemplars.Load()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Offer(ctx, now, exemplar.NewValue(v), dropped)
}

// collect returns the exemplars. A nil reservoir has none. It uses scratch for
// what does not leave it.
func (r *reservoir) collect(scratch *[]exemplar.Exemplar) []metricdata.Exemplar[float64] {
	if r == nil {
		return nil
	}
	// A reservoir writes into the slices of identifiers that it finds.
	clear((*scratch)[:cap(*scratch)])
	r.mu.Lock()
	r.Collect(scratch)
	r.mu.Unlock()
	all := make([]metricdata.Exemplar[float64], 0, len(*scratch))
	for _, e := range *scratch {
		all = append(all, metricdata.Exemplar[float64]{
			FilteredAttributes: slices.Clone(e.FilteredAttributes), Time: e.Time, Value: e.Value.Float64(),
			SpanID: e.SpanID, TraceID: e.TraceID,
		})
	}
	return all
}
