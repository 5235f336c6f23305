// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// bounds are the upper bounds of a histogram's buckets in the unit of the metric
// and, as the page shows them, in that of the vocabulary.
type bounds struct{ recorded, shown []float64 }

// boundsFor returns the bounds of the page for data with the recorded bounds:
// the vocabulary's own, unless a view changed those of the metric.
func (f *family) boundsFor(recorded []float64) bounds {
	var b bounds
	if f.exposition.Bounds != nil && slices.Equal(recorded, f.entry.Bounds) {
		b.shown = f.exposition.Bounds
		for _, v := range b.shown {
			b.recorded = append(b.recorded, f.exposition.Scale.Undo(v))
		}
		return b
	}
	b.recorded = slices.Clone(recorded)
	for _, v := range b.recorded {
		b.shown = append(b.shown, f.exposition.Scale.Apply(v))
	}
	return b
}

// bucket returns the index of the bucket that v falls into. The last one is above
// all bounds.
func (b bounds) bucket(v float64) int {
	i, _ := slices.BinarySearch(b.recorded, v)
	return i
}

// histogram adds up the measurements of one row.
type histogram struct {
	bounds    bounds
	count     uint64
	sum       float64  // in the unit of the metric
	buckets   []uint64 // not cumulative
	exemplars []*dto.Exemplar
}

// fillHistograms sets the histogram of each row. It omits failed requests,
// because LMCache never sees them finish.
func (f *family) fillHistograms(rows []*dto.Metric, e *engines, t table) {
	b := f.bounds
	explicit, _ := f.entry.data().(metricdata.Histogram[float64])
	exponential, _ := f.entry.data().(metricdata.ExponentialHistogram[float64])
	if len(explicit.DataPoints) > 0 && !slices.Equal(explicit.DataPoints[0].Bounds, b.recorded) {
		b = f.boundsFor(explicit.DataPoints[0].Bounds)
	}
	histograms, perRow := make([]histogram, len(rows)), len(b.shown)+1
	counts := make([]uint64, len(rows)*perRow)
	for row := range histograms {
		histograms[row] = histogram{bounds: b, buckets: counts[row*perRow : (row+1)*perRow]}
	}
	add := func(set attribute.Set, count uint64, sum float64, exemplars []metricdata.Exemplar[float64]) *histogram {
		s := e.series(set)
		row, ok := t.row(s)
		if !ok || s.failed {
			return nil
		}
		h := &histograms[row]
		h.count += count
		h.sum += sum
		f.addExemplars(h, exemplars)
		return h
	}
	for i := range explicit.DataPoints {
		p := &explicit.DataPoints[i]
		h := add(p.Attributes, p.Count, p.Sum, p.Exemplars)
		for i, n := range p.BucketCounts {
			end := infinity
			if i < len(p.Bounds) {
				end = p.Bounds[i]
			}
			h.addBucket(end, n)
		}
	}
	for i := range exponential.DataPoints {
		p := &exponential.DataPoints[i]
		h := add(p.Attributes, p.Count, p.Sum, p.Exemplars)
		h.addBucket(p.ZeroThreshold, p.ZeroCount)
		for i, n := range p.PositiveBucket.Counts { // there are no negative times, speeds or shares
			// The bucket at index i ends at base^(i+1), where base is 2^(2^-scale).
			index := int(p.PositiveBucket.Offset) + i
			h.addBucket(math.Exp2(math.Ldexp(float64(index+1), -int(p.Scale))), n)
		}
	}
	buckets := pointers(make([]dto.Bucket, len(counts)))
	for row, built := range pointers(make([]dto.Histogram, len(rows))) {
		h := &histograms[row]
		h.sum = f.exposition.Scale.Apply(h.sum)
		built.Bucket = buckets[row*perRow : (row+1)*perRow : (row+1)*perRow]
		h.build(built)
		rows[row].Histogram = built
	}
}

// addBucket adds n values of a bucket with this upper bound to the bucket that
// the bound falls into. The two are the same unless the page has other bounds. A
// nil histogram ignores them.
func (h *histogram) addBucket(end float64, n uint64) {
	if h != nil && n > 0 {
		h.buckets[h.bounds.bucket(end)] += n
	}
}

// build fills out, whose buckets are empty, for Prometheus, which wants
// cumulative ones. It changes h.
func (h *histogram) build(out *dto.Histogram) {
	out.SampleCount, out.SampleSum = &h.count, &h.sum
	for i, b := range out.Bucket {
		if i > 0 {
			h.buckets[i] += h.buckets[i-1]
		}
		b.CumulativeCount, b.UpperBound = &h.buckets[i], &infinity
		if i < len(h.bounds.shown) {
			b.UpperBound = &h.bounds.shown[i]
		}
		if h.exemplars != nil {
			b.Exemplar = h.exemplars[i]
		}
	}
}

var infinity = math.Inf(1)
