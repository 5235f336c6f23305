// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"strings"

	"github.com/prometheus/otlptranslator"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// strategy is given explicitly wherever names are made, so that no process-wide setting can change a page.
var strategy = otlptranslator.UnderscoreEscapingWithSuffixes

// OTelName returns the name of the family that holds m in the [OTel] vocabulary, such as "lmcache_retrieve_duration_seconds".
func OTelName(m instruments.Metric) string {
	namer := otlptranslator.NewMetricNamer("", strategy)
	name, err := namer.Build(otlptranslator.Metric{Name: nativeName(m), Unit: m.Unit, Type: namingType(m.Kind)})
	if err != nil {
		return "" // only a name without a letter is refused: the zero metric's
	}
	return name
}

// LMCacheName returns the name of the family that holds m in the [LMCache] vocabulary, such as "lmcache:time_to_retrieve", with the
// "_total" that counters end in. It is empty for a metric that LMCache does not expose.
func LMCacheName(m instruments.Metric) string {
	if m.LMCache.Name != "" && m.Kind == instruments.KindCounter {
		return m.LMCache.Name + "_total"
	}
	return m.LMCache.Name
}

// nativeName returns the name that OpenTelemetry's exporter is given for m. A name on Prometheus that ends in "_total" says that the
// metric is a counter, so that the last word of a gauge such as lmcache.periodic_threads.total is left out.
func nativeName(m instruments.Metric) string {
	if m.Kind == instruments.KindCounter {
		return m.Name
	}
	return strings.TrimSuffix(m.Name, ".total")
}

func namingType(k instruments.Kind) otlptranslator.MetricType {
	switch k {
	case instruments.KindCounter:
		return otlptranslator.MetricTypeMonotonicCounter
	case instruments.KindUpDownCounter:
		return otlptranslator.MetricTypeNonMonotonicCounter
	case instruments.KindGauge, instruments.KindObservableGauge:
		return otlptranslator.MetricTypeGauge
	case instruments.KindHistogram:
		return otlptranslator.MetricTypeHistogram
	default:
		return otlptranslator.MetricTypeUnknown
	}
}
