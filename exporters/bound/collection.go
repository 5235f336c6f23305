// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// collection is one call of Produce.
type collection struct {
	producer *Producer
	previous *observedSets
	readings []reading // by the index of the stream

	mu    sync.Mutex // a callback may observe from several goroutines
	ended bool
	observedSets
	recent      attribute.Distinct
	recentIndex int
}

// observedSets are the attribute sets of the observations of a collection.
type observedSets struct {
	number int64 // of the collection
	began  time.Time
	index  map[attribute.Distinct]int
	// starts are the start times of the series with the sets: when the last
	// collection without the set began. A set that is absent from one collection is
	// forgotten.
	starts []time.Time
}

// reading is what a collection reads of a stream.
type reading interface {
	// data returns nil when there is no point.
	data() metricdata.Aggregation
}

// newCollection begins a collection and reads the histograms.
func (p *Producer) newCollection(streams []stream) *collection {
	c := &collection{producer: p, previous: p.previous.Load(), readings: make([]reading, len(streams))}
	c.number = p.collections.Add(1)
	c.began = time.Now()
	c.index = make(map[attribute.Distinct]int, len(c.previous.index))
	for i, s := range streams {
		c.readings[i] = s.newReading()
	}
	return c
}

// end keeps further observations out: a callback may have left its observer to
// a goroutine.
func (c *collection) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	sets := c.observedSets // a copy, as a pointer into c would keep its points
	for {
		previous := c.producer.previous.Load()
		// Collections overlap. One that began earlier must not forget what a later
		// one saw.
		if previous.number > c.number || c.producer.previous.CompareAndSwap(previous, &sets) {
			return
		}
	}
}

// indexOf returns the index of an attribute set in starts.
func (c *collection) indexOf(set attribute.Distinct) int {
	if set == c.recent { // callbacks observe many instruments with one set
		return c.recentIndex
	}
	i, ok := c.index[set]
	if !ok {
		start := c.previous.began
		if before, ok := c.previous.index[set]; ok {
			start = c.previous.starts[before]
		}
		i = len(c.starts)
		c.index[set] = i
		c.starts = append(c.starts, start)
	}
	c.recent, c.recentIndex = set, i
	return i
}

// observations are those of a stream in a collection.
type observations[N int64 | float64] struct {
	stream *observedStream[N]
	points []metricdata.DataPoint[N]
	of     []int32 // one more than the index of the point, by the index of the attribute set; 0 is none
}

func (s *observedStream[N]) newReading() reading { return &observations[N]{stream: s} }

// observe adds an observation. Several of one series in a collection add up, but
// for gauges, whose last one counts.
func (s *observedStream[N]) observe(c *collection, v N, set attribute.Set) {
	if s.AttributeFilter != nil {
		set, _ = set.Filter(s.AttributeFilter)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	o := c.readings[s.index].(*observations[N])
	i := c.indexOf(set.Equivalent())
	if o.of == nil {
		o.of = make([]int32, 0, len(c.previous.index))
		o.points = make([]metricdata.DataPoint[N], 0, s.size.Load())
	}
	for len(o.of) <= i {
		o.of = append(o.of, 0)
	}
	if o.of[i] == 0 {
		o.points = append(o.points, metricdata.DataPoint[N]{Attributes: set, StartTime: c.starts[i], Value: v})
		o.of[i] = int32(len(o.points))
		return
	}
	p := &o.points[o.of[i]-1]
	if s.kind == sdkmetric.InstrumentKindObservableGauge {
		p.Value = v
	} else {
		p.Value += v
	}
}

func (o *observations[N]) data() metricdata.Aggregation {
	o.stream.size.Store(int64(len(o.points)))
	if len(o.points) == 0 {
		return nil
	}
	now := time.Now()
	for i := range o.points {
		o.points[i].Time = now
	}
	if o.stream.kind == sdkmetric.InstrumentKindObservableGauge {
		return metricdata.Gauge[N]{DataPoints: o.points}
	}
	return metricdata.Sum[N]{
		DataPoints: o.points, Temporality: metricdata.CumulativeTemporality,
		IsMonotonic: o.stream.kind == sdkmetric.InstrumentKindObservableCounter,
	}
}
