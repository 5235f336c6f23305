// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// bounds are the upper bounds of a histogram's buckets, in the metric's own unit and in LMCache's.
type bounds struct{ native, lmcache []float64 }

// scaled returns bounds that a view gave the metric, with LMCache's unit.
func (f *family) scaled(native []float64) bounds {
	if slices.Equal(native, f.metric.Bounds) {
		return bounds{f.metric.Bounds, f.metric.LMCache.Bounds}
	}
	b := bounds{native, make([]float64, len(native))}
	for i, v := range native {
		b.lmcache[i] = f.toLMCache(v)
	}
	return b
}

// bucket returns the place of the bucket that v falls into, counting the one above all bounds.
func (b bounds) bucket(v float64) int {
	i, _ := slices.BinarySearch(b.native, v)
	return i
}

// distribution is what the measurements of one row add up to.
type distribution struct {
	count     uint64
	sum       float64
	buckets   []uint64 // each by itself
	exemplars []*dto.Exemplar
}

// histograms returns the histogram of each row. Failed requests are left out, because LMCache never sees them finish.
func (f *family) histograms(m *metricdata.Metrics, e *engines, t table) []*dto.Histogram {
	b := f.bounds
	if h, ok := m.Data.(metricdata.Histogram[float64]); ok && len(h.DataPoints) > 0 && !slices.Equal(h.DataPoints[0].Bounds, b.native) {
		b = f.scaled(slices.Clone(h.DataPoints[0].Bounds)) // a view's
	}
	rows := make([]distribution, len(t.engines))
	for row := range rows {
		rows[row].buckets = make([]uint64, len(b.native)+1)
	}
	switch h := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for i := range h.DataPoints {
			p := &h.DataPoints[i]
			if d := pick(rows, t, e.series(p.Attributes)); d != nil {
				f.add(d, b, p.Count, p.Sum, p.Exemplars)
				for i, n := range p.BucketCounts {
					d.buckets[i] += n
				}
			}
		}
	case metricdata.ExponentialHistogram[float64]:
		for i := range h.DataPoints {
			p := &h.DataPoints[i]
			if d := pick(rows, t, e.series(p.Attributes)); d != nil {
				f.add(d, b, p.Count, p.Sum, p.Exemplars)
				d.rebucket(b, p)
			}
		}
	}
	list := make([]*dto.Histogram, len(rows))
	for row := range rows {
		list[row] = rows[row].prometheus(b)
	}
	return list
}

func pick(rows []distribution, t table, s series) *distribution {
	if row, ok := t.rows[s.id]; ok && !s.failed && !s.overflow {
		return &rows[row]
	}
	return nil
}

func (f *family) add(d *distribution, b bounds, count uint64, sum float64, exemplars []metricdata.Exemplar[float64]) {
	d.count += count
	d.sum += f.toLMCache(sum)
	for i := range exemplars {
		if d.exemplars == nil {
			d.exemplars = make([]*dto.Exemplar, len(d.buckets))
		}
		place := b.bucket(exemplars[i].Value)
		if old := d.exemplars[place]; old == nil || old.Timestamp.AsTime().Before(exemplars[i].Time) {
			d.exemplars[place] = f.exemplar(&exemplars[i])
		}
	}
}

// rebucket adds the buckets of an exponential histogram, each as a whole to the bucket that its upper bound falls into.
func (d *distribution) rebucket(b bounds, p *metricdata.ExponentialHistogramDataPoint[float64]) {
	d.buckets[b.bucket(p.ZeroThreshold)] += p.ZeroCount
	for i, n := range p.PositiveBucket.Counts { // there are no negative times, speeds or shares
		if n > 0 {
			// The bucket at index i ends at base^(i+1), where base is 2^(2^-scale).
			index := int(p.PositiveBucket.Offset) + i
			end := math.Exp2(math.Ldexp(float64(index+1), -int(p.Scale)))
			d.buckets[b.bucket(end)] += n
		}
	}
}

// prometheus returns d as Prometheus has it, with cumulative buckets. It changes d.
func (d *distribution) prometheus(b bounds) *dto.Histogram {
	h := &dto.Histogram{SampleCount: &d.count, SampleSum: &d.sum, Bucket: make([]*dto.Bucket, len(d.buckets))}
	var total uint64
	for i := range d.buckets {
		total += d.buckets[i]
		d.buckets[i] = total
		h.Bucket[i] = &dto.Bucket{CumulativeCount: &d.buckets[i], UpperBound: &infinity}
		if i < len(b.lmcache) {
			h.Bucket[i].UpperBound = &b.lmcache[i]
		}
		if d.exemplars != nil {
			h.Bucket[i].Exemplar = d.exemplars[i]
		}
	}
	return h
}

var infinity = math.Inf(1)
