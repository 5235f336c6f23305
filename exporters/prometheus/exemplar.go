// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"encoding/hex"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// addExemplars keeps the latest exemplar of each bucket, with the ids of its span
// and without the attributes that views took from the metric.
func (f *family) addExemplars(h *histogram, exemplars []metricdata.Exemplar[float64]) {
	for i := range exemplars {
		x := &exemplars[i]
		if h.exemplars == nil {
			h.exemplars = make([]*dto.Exemplar, len(h.buckets))
		}
		latest := &h.exemplars[h.bounds.bucket(x.Value)]
		if *latest != nil && !(*latest).Timestamp.AsTime().Before(x.Time) {
			continue
		}
		value := f.exposition.Scale.Apply(x.Value)
		*latest = &dto.Exemplar{Value: &value, Timestamp: timestamppb.New(x.Time)}
		label := func(name string, id []byte) {
			if len(id) > 0 {
				text := hex.EncodeToString(id)
				(*latest).Label = append((*latest).Label, &dto.LabelPair{Name: &name, Value: &text})
			}
		}
		label(otlptranslator.ExemplarTraceIDKey, x.TraceID)
		label(otlptranslator.ExemplarSpanIDKey, x.SpanID)
	}
}

// trimExemplars makes every exemplar of data acceptable to Prometheus. For one
// that is not, OpenTelemetry's exporter would omit all exemplars of the point, and
// report an error at each scrape.
func trimExemplars(data metricdata.Aggregation) {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		for i := range d.DataPoints {
			trim(d.DataPoints[i].Exemplars)
		}
	case metricdata.Sum[float64]:
		for i := range d.DataPoints {
			trim(d.DataPoints[i].Exemplars)
		}
	case metricdata.Histogram[int64]:
		for i := range d.DataPoints {
			trim(d.DataPoints[i].Exemplars)
		}
	case metricdata.Histogram[float64]:
		for i := range d.DataPoints {
			trim(d.DataPoints[i].Exemplars)
		}
	case metricdata.ExponentialHistogram[int64]:
		for i := range d.DataPoints {
			trim(d.DataPoints[i].Exemplars)
		}
	case metricdata.ExponentialHistogram[float64]:
		for i := range d.DataPoints {
			trim(d.DataPoints[i].Exemplars)
		}
	}
}

// trim removes the attributes that a view took from the metric, if labels cannot
// be made of them: OpenMetrics allows 128 characters in all. The ids of the span
// always fit.
func trim[N int64 | float64](exemplars []metricdata.Exemplar[N]) {
	for i := range exemplars {
		if x := &exemplars[i]; len(x.FilteredAttributes) > 0 && !isAcceptable(x) {
			x.FilteredAttributes = nil
		}
	}
}

// isAcceptable reports whether client_golang accepts the labels that
// OpenTelemetry's exporter makes of an exemplar.
func isAcceptable[N int64 | float64](x *metricdata.Exemplar[N]) bool {
	labels := client.Labels{}
	for _, kv := range x.FilteredAttributes {
		name, err := labelNamer.Build(string(kv.Key))
		if err != nil {
			return false
		}
		labels[name] = kv.Value.Emit()
	}
	labels[otlptranslator.ExemplarTraceIDKey] = hex.EncodeToString(x.TraceID)
	labels[otlptranslator.ExemplarSpanIDKey] = hex.EncodeToString(x.SpanID)
	_, err := client.NewMetricWithExemplars(nil, client.Exemplar{Labels: labels})
	return err == nil
}
