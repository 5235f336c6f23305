// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"fmt"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// native writes the OTel vocabulary with OpenTelemetry's own exporter.
//
// That exporter collects by itself, and what it collects cannot be seen from outside. So that one collection serves both
// vocabularies, it is not a reader of the host's meter provider: it reads an empty one, and a producer hands it what was collected
// already. Not safe for concurrent use.
type native struct {
	exporter *otelprom.Exporter
	registry *client.Registry
	handover *handover
	ready    bool // exporter has a meter provider, with the host's resource
}

// handover is the producer.
type handover struct{ scopes []metricdata.ScopeMetrics }

func (h *handover) Produce(context.Context) ([]metricdata.ScopeMetrics, error) { return h.scopes, nil }

func newNative() (*native, error) {
	n := &native{registry: client.NewRegistry(), handover: &handover{}}
	var err error
	n.exporter, err = otelprom.New(
		otelprom.WithRegisterer(n.registry),
		otelprom.WithTranslationStrategy(strategy),
		otelprom.WithProducer(n.handover),
	)
	if err != nil {
		return nil, fmt.Errorf("exporter of OpenTelemetry: %w", err)
	}
	return n, nil
}

// gather returns the families of everything collected. It renames metrics in place.
func (n *native) gather(collected *metricdata.ResourceMetrics, located []*metricdata.Metrics) ([]*dto.MetricFamily, error) {
	if !n.ready {
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(n.exporter), sdkmetric.WithResource(collected.Resource))
		n.ready = true
	}
	for place, m := range located {
		if m.Name == catalog[place].metric.Name {
			m.Name = catalog[place].nativeName
		}
	}
	n.handover.scopes = collected.ScopeMetrics
	defer func() { n.handover.scopes = nil }()
	families, err := n.registry.Gather()
	if err != nil {
		return families, fmt.Errorf("gather metrics: %w", err)
	}
	return families, nil
}
