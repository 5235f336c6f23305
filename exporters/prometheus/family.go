// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// family makes one of LMCache's families. All that does not change between scrapes is settled when it is created.
type family struct {
	metric instruments.Metric
	place  int // in the catalog
	name   string
	typ    dto.MetricType
	idle   float64
	bounds bounds // of a histogram without measurements
}

// newFamilies returns LMCache's families that there will be anything of.
func newFamilies(views []sdkmetric.View) []family {
	var list []family
	for place, e := range catalog {
		if e.metric.LMCache.Name == "" {
			continue
		}
		f := family{
			metric: e.metric, place: place, name: LMCacheName(e.metric), typ: familyType(e.metric.Kind), idle: idleValue(e.metric),
			bounds: bounds{native: e.metric.Bounds, lmcache: e.metric.LMCache.Bounds},
		}
		if f.applyViews(views) {
			list = append(list, f)
		}
	}
	return list
}

func familyType(k instruments.Kind) dto.MetricType {
	switch k {
	case instruments.KindCounter:
		return dto.MetricType_COUNTER
	case instruments.KindHistogram:
		return dto.MetricType_HISTOGRAM
	default:
		return dto.MetricType_GAUGE
	}
}

// applyViews takes the bounds of the first view that sets any, and reports whether there will be anything to show: not if every
// view that is about the metric drops it.
func (f *family) applyViews(views []sdkmetric.View) bool {
	var matched, kept, bounded bool
	for _, view := range views {
		if view == nil {
			continue
		}
		stream, ok := view(sdkmetric.Instrument{
			Name: f.metric.Name, Description: f.metric.Description, Unit: f.metric.Unit, Kind: instrumentKind(f.metric.Kind),
			Scope: instrumentation.Scope{Name: instruments.ScopeName},
		})
		if !ok {
			continue
		}
		matched = true
		switch a := stream.Aggregation.(type) {
		case sdkmetric.AggregationDrop:
			continue
		case sdkmetric.AggregationExplicitBucketHistogram:
			if !bounded && f.typ == dto.MetricType_HISTOGRAM {
				f.bounds, bounded = f.scaled(slices.Clone(a.Boundaries)), true
			}
		}
		kept = true
	}
	return kept || !matched
}

func instrumentKind(k instruments.Kind) sdkmetric.InstrumentKind {
	switch k {
	case instruments.KindCounter:
		return sdkmetric.InstrumentKindObservableCounter
	case instruments.KindUpDownCounter:
		return sdkmetric.InstrumentKindObservableUpDownCounter
	case instruments.KindHistogram:
		return sdkmetric.InstrumentKindHistogram
	default:
		return sdkmetric.InstrumentKindObservableGauge
	}
}

// make returns the family with a series for each live engine. m is what was collected for it.
func (f *family) make(m *metricdata.Metrics, e *engines) *dto.MetricFamily {
	t := e.tableOf(m)
	var values []float64
	var histograms []*dto.Histogram
	if f.typ == dto.MetricType_HISTOGRAM {
		histograms = f.histograms(m, e, t)
	} else {
		values = f.values(m, e, t)
	}
	mf := &dto.MetricFamily{Name: &f.name, Help: &f.metric.Description, Type: &f.typ, Metric: make([]*dto.Metric, len(t.engines))}
	for row := range t.engines {
		series := &dto.Metric{Label: t.engines[row].labels}
		switch f.typ {
		case dto.MetricType_COUNTER:
			series.Counter = &dto.Counter{Value: &values[row]}
		case dto.MetricType_HISTOGRAM:
			series.Histogram = histograms[row]
		default:
			series.Gauge = &dto.Gauge{Value: &values[row]}
		}
		mf.Metric[row] = series
	}
	return mf
}

// values returns the number of each row. There is one point a row: where a view makes series one, the SDK adds them up.
func (f *family) values(m *metricdata.Metrics, e *engines, t table) []float64 {
	values := make([]float64, len(t.engines))
	for row := range values {
		values[row] = f.idle
	}
	for set, v := range numbers(m.Data) {
		s := e.series(set)
		if row, ok := t.rows[s.id]; ok && !s.overflow {
			values[row] = f.toLMCache(v)
		}
	}
	return values
}

// toLMCache converts to LMCache's unit without the noise of binary fractions: 57 ms, not 57.00000000000001.
func (f *family) toLMCache(v float64) float64 { return f.metric.LMCache.Scale.Apply(v) }
