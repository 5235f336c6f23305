// SPDX-License-Identifier: Apache-2.0

package instruments

import (
	"slices"
)

// catalog holds every entry in the order of registration; a handle's id is its place here plus one, so that the zero
// handle names no metric.
var catalog []Metric

func register(m Metric, k Kind) handle {
	m.Kind = k
	for _, b := range m.LMCache.Bounds {
		m.Bounds = append(m.Bounds, m.LMCache.Scale.FromLMCache(b))
	}
	catalog = append(catalog, m)
	return handle{id: len(catalog)}
}

func counter(m Metric) Counter             { return Counter{register(m, KindCounter)} }
func upDownCounter(m Metric) UpDownCounter { return UpDownCounter{register(m, KindUpDownCounter)} }
func gauge(m Metric) Gauge                 { return Gauge{register(m, KindGauge)} }
func histogram(m Metric) Histogram         { return Histogram{register(m, KindHistogram)} }
func observableGauge(m Metric) ObservableGauge {
	return ObservableGauge{register(m, KindObservableGauge)}
}

type handle struct{ id int }

// Metric returns the description of the metric; it is the caller's to keep. The zero handle gives the zero Metric.
func (h handle) Metric() Metric {
	if h.id == 0 {
		return Metric{}
	}
	return catalog[h.id-1].clone()
}

// String returns the OpenTelemetry name of the metric.
func (h handle) String() string { return h.Metric().Name }

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

// All returns every metric, class by class. The result is the caller's to keep.
func All() []Metric {
	all := make([]Metric, 0, len(catalog))
	for _, m := range catalog {
		all = append(all, m.clone())
	}
	slices.SortStableFunc(all, func(a, b Metric) int {
		return slices.Index(classes, a.Class) - slices.Index(classes, b.Class)
	})
	return all
}

// Lookup finds a metric by its OpenTelemetry name ("lmcache.retrieve.duration"), by LMCache's ("lmcache:time_to_retrieve") or by
// LMCache's without the prefix ("time_to_retrieve"). It takes time proportional to the size of the catalog.
func Lookup(name string) (Metric, bool) {
	for _, m := range catalog {
		if m.Name == name || m.LMCache.Name != "" && (m.LMCache.Name == name || m.LMCache.ShortName() == name) {
			return m.clone(), true
		}
	}
	return Metric{}, false
}
