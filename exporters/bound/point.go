// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"math"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
)

// histogramStream is a metric that a view makes of a histogram.
type histogramStream struct {
	*description

	bounds    []float64
	noMinMax  bool
	filter    exemplar.Filter // nil is exemplar.TraceBasedFilter
	reservoir exemplar.ReservoirProvider

	mu     sync.Mutex
	points table[*point]
}

// point is the aggregate of the series that have the same attributes once a view
// has filtered them.
type point struct {
	stream *histogramStream
	attrs  attribute.Set
	start  time.Time
	users  int // series that are not finished; guarded by the stream's lock
	ended  atomic.Bool

	min, max  atomic.Uint64 // bits of a float64, NaN at first
	cells     cells
	shards    atomic.Pointer[shards] // nil until two processors meet
	exemplars atomic.Pointer[exemplar.Reservoir]
}

func newHistogramStream(d *description) *histogramStream {
	a, _ := d.Aggregation.(sdkmetric.AggregationExplicitBucketHistogram)
	selector := d.ExemplarReservoirProviderSelector
	if selector == nil {
		selector = sdkmetric.DefaultExemplarReservoirProviderSelector
	}
	return &histogramStream{
		description: d,
		bounds:      slices.Sorted(slices.Values(a.Boundaries)),
		noMinMax:    a.NoMinMax,
		filter:      d.scope.producer.exemplarFilter,
		reservoir:   selector(a),
	}
}

// join returns the point of an attribute set to one more series that feeds it.
func (s *histogramStream) join(set attribute.Set, start time.Time) *point {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.points.get(set.Equivalent())
	if !ok {
		p = &point{stream: s, attrs: set, start: start, cells: make(cells, 1+len(s.bounds)+1)}
		p.min.Store(math.Float64bits(math.NaN()))
		p.max.Store(math.Float64bits(math.NaN()))
		s.points.put(set.Equivalent(), p)
	}
	p.users++
	return p
}

// leave ends the point when the last of its series is finished.
func (s *histogramStream) leave(p *point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.users--; p.users == 0 {
		p.ended.Store(true)
		s.points.remove(p.attrs.Equivalent())
	}
}

func (p *point) record(ctx context.Context, v float64, dropped []attribute.KeyValue) {
	s := p.stream
	if !s.noMinMax {
		p.extend(v)
	}
	c := p.cells
	if shards := p.shards.Load(); shards != nil {
		c = shards.own()
	}
	sum := c.sum()
	c.count(sort.SearchFloat64s(s.bounds, v))
	for !c.tryAdd(sum, v) {
		p.split()
		sum = c.sum()
	}
	// The usual filter is written out: that copies the span context once less,
	// which is a sixth of the time of a measurement.
	if s.filter == nil && trace.SpanFromContext(ctx).SpanContext().IsSampled() || s.filter != nil && s.filter(ctx) {
		p.offer(ctx, v, dropped)
	}
}

// extend keeps the least and the greatest value. It comes before the count, so
// that a point with measurements has both.
func (p *point) extend(v float64) {
	for {
		bits := p.min.Load()
		if least := math.Float64frombits(bits); !(v < least) && !math.IsNaN(least) ||
			p.min.CompareAndSwap(bits, math.Float64bits(v)) {
			break
		}
	}
	for {
		bits := p.max.Load()
		if greatest := math.Float64frombits(bits); !(v > greatest) && !math.IsNaN(greatest) ||
			p.max.CompareAndSwap(bits, math.Float64bits(v)) {
			break
		}
	}
}

// split gives the point shards, as two processors wrote to it at once. What it
// has counted stays in its own cells.
func (p *point) split() {
	if p.shards.Load() == nil {
		p.shards.CompareAndSwap(nil, newShards(len(p.cells)))
	}
}

// newReading reads the points. Measurements go on meanwhile: a sum may have one
// that its buckets have not yet, and the other way round. The count is that of
// the buckets.
func (s *histogramStream) newReading() reading {
	s.mu.Lock()
	points := make([]*point, 0, len(s.points.entries))
	for _, p := range s.points.entries {
		points = append(points, p)
	}
	s.mu.Unlock()

	now := time.Now()
	bounds := slices.Clone(s.bounds)
	buckets := len(bounds) + 1
	counts := make([]uint64, len(points)*buckets)
	var scratch []exemplar.Exemplar
	r := &histogramReading{points: points[:0], list: make([]metricdata.HistogramDataPoint[float64], 0, len(points))}
	for _, p := range points {
		d := metricdata.HistogramDataPoint[float64]{
			Attributes: p.attrs, StartTime: p.start, Time: now, Bounds: bounds, BucketCounts: counts[:buckets:buckets],
		}
		if d.Count, d.Sum = p.read(d.BucketCounts); d.Count == 0 {
			continue
		}
		counts = counts[buckets:]
		if !s.noMinMax {
			d.Min = metricdata.NewExtrema(math.Float64frombits(p.min.Load()))
			d.Max = metricdata.NewExtrema(math.Float64frombits(p.max.Load()))
		}
		d.Exemplars = p.collectExemplars(&scratch)
		r.points, r.list = append(r.points, p), append(r.list, d)
	}
	return r
}

// read adds the bucket counts to those given.
func (p *point) read(counts []uint64) (count uint64, sum float64) {
	for c := range p.parts {
		for i := range counts {
			counts[i] += c[1+i].Load()
		}
	}
	for _, n := range counts {
		count += n
	}
	for c := range p.parts {
		sum += math.Float64frombits(c[0].Load())
	}
	return count, sum
}

// parts yields the cells of the point and of its shards.
func (p *point) parts(yield func(cells) bool) {
	if !yield(p.cells) {
		return
	}
	if shards := p.shards.Load(); shards != nil {
		for i := range numShards {
			if !yield(shards.of(i)) {
				return
			}
		}
	}
}

// histogramReading has the points with measurements, and what was read of each.
type histogramReading struct {
	points []*point
	list   []metricdata.HistogramDataPoint[float64]
}

// data leaves out points that ended while the callbacks ran: the counters that
// were read since then may be those of the engine's next monitor.
func (r *histogramReading) data() metricdata.Aggregation {
	list := r.list[:0]
	for i, p := range r.points {
		if !p.ended.Load() {
			list = append(list, r.list[i])
		}
	}
	if len(list) == 0 {
		return nil
	}
	return metricdata.Histogram[float64]{DataPoints: list, Temporality: metricdata.CumulativeTemporality}
}
