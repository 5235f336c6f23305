// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// family builds the family of one metric in one vocabulary.
type family struct {
	entry      *entry
	exposition instruments.Exposition
	name       string
	typ        dto.MetricType
	bounds     bounds // of a histogram without data
}

// newFamily returns a family without a name if the vocabulary lacks the metric.
func newFamily(v Vocabulary, e *entry) family {
	f := family{entry: e, exposition: v.definition.exposition(e.Metric), name: v.FamilyName(e.Metric)}
	f.typ, _ = types(e.Kind)
	f.bounds = f.boundsFor(e.Bounds)
	return f
}

// types returns the type of a family, and the kind of instrument that feeds it.
func types(k instruments.Kind) (dto.MetricType, sdkmetric.InstrumentKind) {
	switch k {
	case instruments.KindCounter:
		return dto.MetricType_COUNTER, sdkmetric.InstrumentKindObservableCounter
	case instruments.KindUpDownCounter:
		return dto.MetricType_GAUGE, sdkmetric.InstrumentKindObservableUpDownCounter
	case instruments.KindHistogram:
		return dto.MetricType_HISTOGRAM, sdkmetric.InstrumentKindHistogram
	default:
		return dto.MetricType_GAUGE, sdkmetric.InstrumentKindObservableGauge
	}
}

// applyViews takes the bounds of the first view that sets any. It returns false
// if every view that matches drops the metric.
func (f *family) applyViews(views []sdkmetric.View) bool {
	m := f.entry.Metric
	_, kind := types(m.Kind)
	var matched, kept, bounded bool
	for _, view := range views {
		if view == nil {
			continue
		}
		stream, ok := view(sdkmetric.Instrument{
			Name: m.Name, Description: m.Description, Unit: m.Unit, Kind: kind,
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
				f.bounds, bounded = f.boundsFor(a.Boundaries), true
			}
		}
		kept = true
	}
	return kept || !matched
}

// build returns the family with a series for each row.
func (f *family) build(e *engines, t table) *dto.MetricFamily {
	rows := pointers(make([]dto.Metric, len(t.labels)))
	for i := range rows {
		rows[i].Label = t.labels[i]
	}
	if f.typ == dto.MetricType_HISTOGRAM {
		f.fillHistograms(rows, e, t)
	} else {
		f.fillNumbers(rows, e, t)
	}
	return &dto.MetricFamily{Name: &f.name, Help: &f.entry.Description, Type: &f.typ, Metric: rows}
}

// pointers returns those to the elements of s, which take one allocation together.
func pointers[E any](s []E) []*E {
	p := make([]*E, len(s))
	for i := range s {
		p[i] = &s[i]
	}
	return p
}

// fillNumbers sets the value of each row: the sum of its points, since points may
// have attributes beside the identity.
func (f *family) fillNumbers(rows []*dto.Metric, e *engines, t table) {
	sums, recorded := make([]float64, len(rows)), make([]bool, len(rows))
	for set, v := range numbers(f.entry.data()) {
		if row, ok := t.row(e.series(set)); ok {
			sums[row] += v
			recorded[row] = true
		}
	}
	for row := range rows {
		sums[row] = f.exposition.Scale.Apply(sums[row])
		if !recorded[row] {
			sums[row] = f.exposition.Idle
		}
	}
	if f.typ == dto.MetricType_COUNTER {
		for row, c := range pointers(make([]dto.Counter, len(rows))) {
			c.Value, rows[row].Counter = &sums[row], c
		}
		return
	}
	for row, g := range pointers(make([]dto.Gauge, len(rows))) {
		g.Value, rows[row].Gauge = &sums[row], g
	}
}
