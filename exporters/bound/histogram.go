// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// histogram is an instrument. Its series are those of the attributes that
// measurements are made with; views then decide which points a series feeds.
type histogram struct {
	noop.Float64Histogram

	producer *Producer
	streams  []*histogramStream // none when every view drops it

	mu     sync.RWMutex
	series table[*series]
}

// series is what Bind returns: the place of one attribute set of an instrument.
type series struct {
	noop.Float64Histogram

	histogram *histogram
	attrs     attribute.Set
	start     time.Time
	feeds     atomic.Pointer[feed] // nil before the first measurement, so that unused series are small
}

// feed is a list of the points that a series feeds. It ends with nowhere.
type feed struct {
	point   *point
	dropped []attribute.KeyValue // by the view's filter
	next    *feed
}

// nowhere is all that a finished series feeds.
var nowhere = new(feed)

// histogram returns the instrument, or nil when a view asks for an aggregation
// other than explicit buckets.
func (s *scope) histogram(i sdkmetric.Instrument, advice []float64) *histogram {
	standard := sdkmetric.DefaultAggregationSelector(i.Kind)
	advised, _ := standard.(sdkmetric.AggregationExplicitBucketHistogram)
	if len(advice) > 0 {
		advised.Boundaries = advice
	}
	descriptions := s.producer.streamsOf(i)
	for j := range descriptions {
		d := &descriptions[j]
		switch d.Aggregation.(type) {
		case nil:
			d.Aggregation = advised
		case sdkmetric.AggregationDefault:
			d.Aggregation = standard
		case sdkmetric.AggregationExplicitBucketHistogram, sdkmetric.AggregationDrop:
		default:
			return nil
		}
	}
	return instrumentOf[float64](s, i, descriptions, newHistogramStream, func(streams []*histogramStream) *histogram {
		return &histogram{producer: s.producer, streams: streams}
	})
}

func (h *histogram) Enabled(context.Context) bool { return len(h.streams) > 0 }

func (h *histogram) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if len(h.streams) > 0 {
		config := metric.NewRecordConfig(opts)
		h.find(config.Attributes()).record(ctx, v)
	}
}

// Bind returns the instrument of one attribute set. Calls with the same
// attributes return the same one until it is finished. Attributes of its
// measurements are added to attrs, and looked up each time.
func (h *histogram) Bind(attrs ...attribute.KeyValue) metric.Float64Histogram {
	if len(h.streams) == 0 {
		return h
	}
	return h.find(h.producer.setOf(attrs))
}

// Finish ends the series of an attribute set, if there is one.
func (h *histogram) Finish(_ context.Context, attrs ...attribute.KeyValue) {
	set := h.producer.setOf(attrs)
	h.mu.Lock()
	s, ok := h.series.remove(set.Equivalent())
	if !ok {
		h.mu.Unlock()
		return
	}
	feeds := s.feeds.Swap(nowhere)
	h.mu.Unlock()
	for f := feeds; f != nil && f != nowhere; f = f.next {
		f.point.stream.leave(f.point)
	}
}

// setOf returns a set of attributes, which it leaves as they are. Instruments
// that are bound in a row to the same attributes share one set.
func (p *Producer) setOf(attrs []attribute.KeyValue) attribute.Set {
	set := attribute.NewSet(slices.Clone(attrs)...)
	if recent := p.recent.Load(); recent != nil && recent.Equals(&set) {
		return *recent
	}
	p.recent.Store(&set)
	return set
}

// find returns the series of an attribute set, which begins if there is none.
func (h *histogram) find(set attribute.Set) *series {
	key := set.Equivalent()
	h.mu.RLock()
	s, ok := h.series.get(key)
	h.mu.RUnlock()
	if ok {
		return s
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.series.get(key); ok {
		return s
	}
	s = &series{histogram: h, attrs: set, start: time.Now()}
	h.series.put(key, s)
	return s
}

func (s *series) Enabled(context.Context) bool { return true }

func (s *series) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if len(opts) > 0 {
		s = s.with(opts)
	}
	s.record(ctx, v)
}

func (s *series) record(ctx context.Context, v float64) {
	f := s.feeds.Load()
	if f == nil {
		f = s.open()
	}
	for ; f != nowhere; f = f.next {
		f.point.record(ctx, v, f.dropped)
	}
}

// with returns the series of the attributes of s and of the options, whose values
// win; s itself when it is finished, so that no other one begins.
func (s *series) with(opts []metric.RecordOption) *series {
	if s.feeds.Load() == nowhere {
		return s
	}
	config := metric.NewRecordConfig(append([]metric.RecordOption{metric.WithAttributeSet(s.attrs)}, opts...))
	return s.histogram.find(config.Attributes())
}

// open joins the points that the series feeds.
func (s *series) open() *feed {
	list := make([]feed, len(s.histogram.streams))
	sets := make([]attribute.Set, len(list))
	for i, stream := range s.histogram.streams {
		sets[i], list[i].dropped = s.attrs.Filter(stream.AttributeFilter)
	}

	s.histogram.mu.Lock()
	defer s.histogram.mu.Unlock()
	if f := s.feeds.Load(); f != nil {
		return f // opened, or finished, by now
	}
	next := nowhere
	for i, stream := range slices.Backward(s.histogram.streams) {
		list[i].point = stream.join(sets[i], s.start)
		list[i].next = next
		next = &list[i]
	}
	s.feeds.Store(next)
	return next
}
