// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"fmt"
	"strings"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/otlptranslator"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// strategy is passed wherever names are made, so that no process-wide setting can
// change a page.
var strategy = otlptranslator.UnderscoreEscapingWithSuffixes

var labelNamer = otlptranslator.LabelNamer{UTF8Allowed: !strategy.ShouldEscape()}

// nativeName returns the name of m for OpenTelemetry's exporter. On Prometheus a
// name that ends in "_total" belongs to a counter, so that a gauge such as
// lmcache.periodic_threads.total loses its last word.
func nativeName(m instruments.Metric) string {
	if m.Kind == instruments.KindCounter {
		return m.Name
	}
	return strings.TrimSuffix(m.Name, ".total")
}

func nativeFamilyName(m instruments.Metric) string {
	namer := otlptranslator.NewMetricNamer("", strategy)
	metric := otlptranslator.Metric{Name: nativeName(m), Unit: m.Unit, Type: otlptranslator.MetricTypeGauge}
	switch m.Kind {
	case instruments.KindCounter:
		metric.Type = otlptranslator.MetricTypeMonotonicCounter
	case instruments.KindUpDownCounter:
		metric.Type = otlptranslator.MetricTypeNonMonotonicCounter
	case instruments.KindHistogram:
		metric.Type = otlptranslator.MetricTypeHistogram
	}
	name, err := namer.Build(metric)
	if err != nil {
		return "" // only a name without a letter is refused: the zero metric's
	}
	return name
}

// nativePage makes the families of the OTel vocabulary with OpenTelemetry's own
// exporter.
//
// That exporter collects by itself and does not show the collection. It therefore
// reads an empty meter provider, with nativePage as a producer of metrics that were
// collected already, so that one collection serves every vocabulary.
type nativePage struct {
	exporter *otelprom.Exporter
	registry *client.Registry
	scopes   []metricdata.ScopeMetrics
	ready    bool // exporter has a meter provider, with the host's resource
}

func newNativePage() (*nativePage, error) {
	p := &nativePage{registry: client.NewRegistry()}
	var err error
	p.exporter, err = otelprom.New(
		otelprom.WithRegisterer(p.registry), otelprom.WithTranslationStrategy(strategy), otelprom.WithProducer(p),
	)
	return p, err
}

// Produce implements [sdkmetric.Producer].
func (p *nativePage) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	return p.scopes, nil
}

// families renames collected metrics and trims their exemplars.
func (p *nativePage) families(e *Exporter) ([]*dto.MetricFamily, error) {
	if !p.ready {
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.exporter), sdkmetric.WithResource(e.collected.Resource))
		p.ready = true
	}
	for _, m := range e.catalog {
		if m.collected != nil && m.collected.Name == m.Name {
			m.collected.Name = nativeName(m.Metric)
		}
	}
	for _, scope := range e.scopes {
		for _, m := range scope.Metrics {
			trimExemplars(m.Data)
		}
	}
	p.scopes = e.scopes
	defer func() { p.scopes = nil }()
	families, err := p.registry.Gather()
	if err != nil {
		return families, fmt.Errorf("gather metrics: %w", err)
	}
	return families, nil
}
