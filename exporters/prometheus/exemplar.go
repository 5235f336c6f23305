// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"encoding/hex"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// exemplar returns x in LMCache's unit, with the ids of its span. Attributes that views took from the metric stay away: OpenMetrics
// allows 128 characters of labels in all.
func (f *family) exemplar(x *metricdata.Exemplar[float64]) *dto.Exemplar {
	value := f.toLMCache(x.Value)
	ex := &dto.Exemplar{Value: &value, Timestamp: timestamppb.New(x.Time)}
	label := func(name string, id []byte) {
		if len(id) > 0 {
			text := hex.EncodeToString(id)
			ex.Label = append(ex.Label, &dto.LabelPair{Name: &name, Value: &text})
		}
	}
	label(otlptranslator.ExemplarTraceIDKey, x.TraceID)
	label(otlptranslator.ExemplarSpanIDKey, x.SpanID)
	return ex
}
