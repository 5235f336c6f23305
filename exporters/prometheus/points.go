// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"iter"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// The instruments of this module are int64 counters, float64 gauges and float64
// histograms; views may swap counters and gauges, and make histograms
// exponential. Points of other kinds of data are left alone.

// forEachSet calls f with the attributes of every point.
func forEachSet(data metricdata.Aggregation, f func(attribute.Set)) {
	deletePoints(data, func(set attribute.Set) bool {
		f(set)
		return false
	})
}

func countPoints(data metricdata.Aggregation) (n int) {
	forEachSet(data, func(attribute.Set) { n++ })
	return n
}

// deletePoints returns data without the points for whose attributes drop returns
// true.
func deletePoints(data metricdata.Aggregation, drop func(attribute.Set) bool) metricdata.Aggregation {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		d.DataPoints = deleteNumbers(d.DataPoints, drop)
		return d
	case metricdata.Sum[float64]:
		d.DataPoints = deleteNumbers(d.DataPoints, drop)
		return d
	case metricdata.Gauge[int64]:
		d.DataPoints = deleteNumbers(d.DataPoints, drop)
		return d
	case metricdata.Gauge[float64]:
		d.DataPoints = deleteNumbers(d.DataPoints, drop)
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

func deleteNumbers[N int64 | float64](p []metricdata.DataPoint[N], drop func(attribute.Set) bool) []metricdata.DataPoint[N] {
	return slices.DeleteFunc(p, func(p metricdata.DataPoint[N]) bool { return drop(p.Attributes) })
}

// numbers iterates over the points of sums and gauges.
func numbers(data metricdata.Aggregation) iter.Seq2[attribute.Set, float64] {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return values(d.DataPoints)
	case metricdata.Sum[float64]:
		return values(d.DataPoints)
	case metricdata.Gauge[int64]:
		return values(d.DataPoints)
	case metricdata.Gauge[float64]:
		return values(d.DataPoints)
	default:
		return values[int64](nil)
	}
}

func values[N int64 | float64](points []metricdata.DataPoint[N]) iter.Seq2[attribute.Set, float64] {
	return func(yield func(attribute.Set, float64) bool) {
		for i := range points {
			if !yield(points[i].Attributes, float64(points[i].Value)) {
				return
			}
		}
	}
}
