// SPDX-License-Identifier: Apache-2.0

// Package manual is a metric reader for tests: it collects when it is asked, and
// finds values by the catalog's handles.
package manual

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Reader is the SDK's manual reader with methods that find values. It is made by
// [NewReader] and safe for concurrent use.
type Reader struct{ *sdkmetric.ManualReader }

// NewReader returns a reader, to be given to a meter provider with
// [sdkmetric.WithReader]. The options are those of the SDK's reader, such as
// [sdkmetric.WithProducer] for a host that has package exporters/bound. Without
// any, it is cumulative.
func NewReader(opts ...sdkmetric.ManualReaderOption) *Reader {
	return &Reader{sdkmetric.NewManualReader(opts...)}
}

// Instrument is a metric of the catalog, such as [instruments.RetrieveRequests].
type Instrument interface {
	Metric() instruments.Metric
}

// Value collects and adds up what a counter, an up-down counter or a gauge has in
// all series that carry the attributes given. It is an error if there is none: a
// metric that nobody fed is not zero.
func (r *Reader) Value(ctx context.Context, i Instrument, attrs ...attribute.KeyValue) (float64, error) {
	m, err := r.find(ctx, i)
	if err != nil {
		return 0, err
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		return total(m.Name, data.DataPoints, attrs)
	case metricdata.Sum[float64]:
		return total(m.Name, data.DataPoints, attrs)
	case metricdata.Gauge[int64]:
		return total(m.Name, data.DataPoints, attrs)
	case metricdata.Gauge[float64]:
		return total(m.Name, data.DataPoints, attrs)
	default:
		return 0, fmt.Errorf("%s is a %T, which has no one value: use Distribution", m.Name, m.Data)
	}
}

// Distribution collects and adds up how many measurements a histogram has, and
// their sum in its unit, in all series that carry the attributes given. It is an
// error if there is none.
func (r *Reader) Distribution(ctx context.Context, i Instrument, attrs ...attribute.KeyValue) (count uint64, sum float64, err error) {
	m, err := r.find(ctx, i)
	if err != nil {
		return 0, 0, err
	}
	found := false
	add := func(set attribute.Set, n uint64, s float64) {
		if carries(set, attrs) {
			found = true
			count += n
			sum += s
		}
	}
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Count, p.Sum)
		}
	case metricdata.ExponentialHistogram[float64]:
		for _, p := range data.DataPoints {
			add(p.Attributes, p.Count, p.Sum)
		}
	default:
		return 0, 0, fmt.Errorf("%s is a %T, no histogram: use Value", m.Name, m.Data)
	}
	if !found {
		return 0, 0, missing(m.Name, attrs)
	}
	return count, sum, nil
}

func (r *Reader) find(ctx context.Context, i Instrument) (metricdata.Metrics, error) {
	var rm metricdata.ResourceMetrics
	if err := r.Collect(ctx, &rm); err != nil {
		return metricdata.Metrics{}, fmt.Errorf("collect metrics: %w", err)
	}
	name := i.Metric().Name
	for _, scope := range rm.ScopeMetrics {
		if scope.Scope.Name != instruments.ScopeName {
			continue
		}
		for _, m := range scope.Metrics {
			if m.Name == name {
				return m, nil
			}
		}
	}
	return metricdata.Metrics{}, missing(name, nil)
}

func total[N int64 | float64](name string, points []metricdata.DataPoint[N], attrs []attribute.KeyValue) (float64, error) {
	sum, found := 0.0, false
	for _, p := range points {
		if carries(p.Attributes, attrs) {
			sum += float64(p.Value)
			found = true
		}
	}
	if !found {
		return 0, missing(name, attrs)
	}
	return sum, nil
}

func carries(set attribute.Set, attrs []attribute.KeyValue) bool {
	for _, a := range attrs {
		if v, ok := set.Value(a.Key); !ok || v != a.Value {
			return false
		}
	}
	return true
}

func missing(name string, attrs []attribute.KeyValue) error {
	if len(attrs) == 0 {
		return fmt.Errorf("%s has no value", name)
	}
	set := attribute.NewSet(attrs...)
	return fmt.Errorf("%s has no value with %s", name, set.Encoded(attribute.DefaultEncoder()))
}
