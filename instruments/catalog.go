// SPDX-License-Identifier: Apache-2.0

package instruments

import "slices"

// The catalog, in the order of registration: every metric, and the handles of
// each type.
var (
	catalog          []*Metric
	counters         []Counter
	upDownCounters   []UpDownCounter
	gauges           []Gauge
	histograms       []Histogram
	observableGauges []ObservableGauge
	processCounters  []ProcessCounter
	exporterMetrics  []ExporterMetric
)

// handle names a metric. Its index is the position among the metrics of its type,
// from 1, so that the zero handle names none.
type handle struct {
	index  int
	metric *Metric
}

// register adds m to the catalog as the next of its type; others are the handles
// that the type has already.
func register[H any](c Class, k Kind, m Metric, others []H) handle {
	m.Class, m.Kind = c, k
	for _, b := range m.LMCache.Bounds {
		m.Bounds = append(m.Bounds, m.LMCache.Scale.Undo(b))
	}
	catalog = append(catalog, &m)
	return handle{len(others) + 1, &m}
}

func (c Class) counter(m Metric) Counter {
	counters = append(counters, Counter{register(c, KindCounter, m, counters)})
	return counters[len(counters)-1]
}

func (c Class) upDownCounter(m Metric) UpDownCounter {
	upDownCounters = append(upDownCounters, UpDownCounter{register(c, KindUpDownCounter, m, upDownCounters)})
	return upDownCounters[len(upDownCounters)-1]
}

func (c Class) gauge(m Metric) Gauge {
	gauges = append(gauges, Gauge{register(c, KindGauge, m, gauges)})
	return gauges[len(gauges)-1]
}

func (c Class) histogram(m Metric) Histogram {
	histograms = append(histograms, Histogram{register(c, KindHistogram, m, histograms)})
	return histograms[len(histograms)-1]
}

func (c Class) observableGauge(m Metric) ObservableGauge {
	observableGauges = append(observableGauges, ObservableGauge{register(c, KindObservableGauge, m, observableGauges)})
	return observableGauges[len(observableGauges)-1]
}

func (c Class) processCounter(m Metric) ProcessCounter {
	m.Process = true
	processCounters = append(processCounters, ProcessCounter{register(c, KindCounter, m, processCounters)})
	return processCounters[len(processCounters)-1]
}

func (c Class) exporterMetric(k Kind, m Metric) ExporterMetric {
	m.Process = true
	exporterMetrics = append(exporterMetrics, ExporterMetric{register(c, k, m, exporterMetrics)})
	return exporterMetrics[len(exporterMetrics)-1]
}

// Index returns the position of the metric among those of its type, from 1, and
// 0 for the zero handle. It is the same for the life of the process.
func (h handle) Index() int { return h.index }

// Metric returns the description of the metric; it is the caller's to keep. The
// zero handle returns the zero Metric.
func (h handle) Metric() Metric {
	if h.metric == nil {
		return Metric{}
	}
	return h.metric.clone()
}

// String returns the OpenTelemetry name of the metric.
func (h handle) String() string {
	if h.metric == nil {
		return ""
	}
	return h.metric.Name
}

// Counter names a metric of [KindCounter].
type Counter struct{ handle }

// UpDownCounter names a metric of [KindUpDownCounter].
type UpDownCounter struct{ handle }

// Gauge names a metric of [KindGauge].
type Gauge struct{ handle }

// Histogram names a metric of [KindHistogram].
type Histogram struct{ handle }

// ObservableGauge names a metric of [KindObservableGauge].
type ObservableGauge struct{ handle }

// ProcessCounter names a metric of [KindCounter] that package otelcache counts for
// the process. It has no attribute, or one whose values are closed.
type ProcessCounter struct{ handle }

// ExporterMetric names a metric that one exporter has of itself and adds to what it
// exports.
type ExporterMetric struct{ handle }

// Counters returns every counter of engines in the order of their indexes.
func Counters() []Counter { return slices.Clone(counters) }

// UpDownCounters returns every up-down counter in the order of their indexes.
func UpDownCounters() []UpDownCounter { return slices.Clone(upDownCounters) }

// Gauges returns every gauge in the order of their indexes.
func Gauges() []Gauge { return slices.Clone(gauges) }

// Histograms returns every histogram in the order of their indexes.
func Histograms() []Histogram { return slices.Clone(histograms) }

// ObservableGauges returns every observable gauge in the order of their indexes.
func ObservableGauges() []ObservableGauge { return slices.Clone(observableGauges) }

// ProcessCounters returns every counter of the process in the order of their indexes.
func ProcessCounters() []ProcessCounter { return slices.Clone(processCounters) }

// ExporterMetrics returns every metric of an exporter in the order of their indexes.
func ExporterMetrics() []ExporterMetric { return slices.Clone(exporterMetrics) }

// All returns every metric, class by class. The result is the caller's to keep.
func All() []Metric {
	all := make([]Metric, 0, len(catalog))
	for _, m := range catalog {
		all = append(all, m.clone())
	}
	slices.SortStableFunc(all, func(a, b Metric) int { return a.Class.order - b.Class.order })
	return all
}

// Lookup finds a metric by one of its names ([Metric.Names]):
// "lmcache.retrieve.duration", "lmcache:time_to_retrieve" or "time_to_retrieve".
// It takes time proportional to the size of the catalog.
func Lookup(name string) (Metric, bool) {
	for _, m := range catalog {
		if _, ok := m.Exposition(name); ok {
			return m.clone(), true
		}
	}
	return Metric{}, false
}
