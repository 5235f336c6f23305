// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"iter"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// The instruments of this module are int64 counters, float64 gauges and float64 histograms; views may turn counters into
// gauges and the other way round, and histograms into exponential ones. Points of other kinds of data are not looked at.

// attributeSets iterates over the attributes of every point.
func attributeSets(data metricdata.Aggregation) iter.Seq[attribute.Set] {
	return func(yield func(attribute.Set) bool) {
		switch d := data.(type) {
		case metricdata.Sum[int64]:
			eachSet(d.DataPoints, func(p *metricdata.DataPoint[int64]) bool { return yield(p.Attributes) })
		case metricdata.Sum[float64]:
			eachSet(d.DataPoints, func(p *metricdata.DataPoint[float64]) bool { return yield(p.Attributes) })
		case metricdata.Gauge[int64]:
			eachSet(d.DataPoints, func(p *metricdata.DataPoint[int64]) bool { return yield(p.Attributes) })
		case metricdata.Gauge[float64]:
			eachSet(d.DataPoints, func(p *metricdata.DataPoint[float64]) bool { return yield(p.Attributes) })
		case metricdata.Histogram[float64]:
			eachSet(d.DataPoints, func(p *metricdata.HistogramDataPoint[float64]) bool { return yield(p.Attributes) })
		case metricdata.ExponentialHistogram[float64]:
			eachSet(d.DataPoints, func(p *metricdata.ExponentialHistogramDataPoint[float64]) bool { return yield(p.Attributes) })
		}
	}
}

func eachSet[P any](points []P, yield func(*P) bool) {
	for i := range points {
		if !yield(&points[i]) {
			return
		}
	}
}

// deletePoints returns data without the points whose attributes drop is true for.
func deletePoints(data metricdata.Aggregation, drop func(attribute.Set) bool) metricdata.Aggregation {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		d.DataPoints = slices.DeleteFunc(d.DataPoints, func(p metricdata.DataPoint[int64]) bool { return drop(p.Attributes) })
		return d
	case metricdata.Sum[float64]:
		d.DataPoints = slices.DeleteFunc(d.DataPoints, func(p metricdata.DataPoint[float64]) bool { return drop(p.Attributes) })
		return d
	case metricdata.Gauge[int64]:
		d.DataPoints = slices.DeleteFunc(d.DataPoints, func(p metricdata.DataPoint[int64]) bool { return drop(p.Attributes) })
		return d
	case metricdata.Gauge[float64]:
		d.DataPoints = slices.DeleteFunc(d.DataPoints, func(p metricdata.DataPoint[float64]) bool { return drop(p.Attributes) })
		return d
	case metricdata.Histogram[float64]:
		d.DataPoints = slices.DeleteFunc(d.DataPoints, func(p metricdata.HistogramDataPoint[float64]) bool {
			return drop(p.Attributes)
		})
		return d
	case metricdata.ExponentialHistogram[float64]:
		d.DataPoints = slices.DeleteFunc(d.DataPoints, func(p metricdata.ExponentialHistogramDataPoint[float64]) bool {
			return drop(p.Attributes)
		})
		return d
	default:
		return data
	}
}

// numbers iterates over the points of sums and gauges.
func numbers(data metricdata.Aggregation) iter.Seq2[attribute.Set, float64] {
	return func(yield func(attribute.Set, float64) bool) {
		switch d := data.(type) {
		case metricdata.Sum[int64]:
			eachNumber(d.DataPoints, yield)
		case metricdata.Sum[float64]:
			eachNumber(d.DataPoints, yield)
		case metricdata.Gauge[int64]:
			eachNumber(d.DataPoints, yield)
		case metricdata.Gauge[float64]:
			eachNumber(d.DataPoints, yield)
		}
	}
}

func eachNumber[N int64 | float64](points []metricdata.DataPoint[N], yield func(attribute.Set, float64) bool) {
	for i := range points {
		if !yield(points[i].Attributes, float64(points[i].Value)) {
			return
		}
	}
}
