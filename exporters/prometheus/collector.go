// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"errors"
	"slices"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Collector returns the families of [Exporter.Gatherer] as a collector, for a
// registry that has a page already, such as that of controller-runtime.
//
// The registry cannot unregister it. Without a meter provider, which goes to
// [go.opentelemetry.io/otel.Handle], and after shutdown it has no metrics, so that
// the rest of the page stays. Other errors are the registry's to handle, and how
// many scrapes it serves at once is the host's to limit
// (MaxRequestsInFlight of promhttp).
func (e *Exporter) Collector() client.Collector { return collector{e} }

type collector struct{ exporter *Exporter }

// Describe sends nothing, because the metrics of a meter provider are not known
// beforehand. client_golang calls such a collector unchecked.
func (collector) Describe(chan<- *client.Desc) {}

func (c collector) Collect(metrics chan<- client.Metric) {
	families, err := c.exporter.Gatherer().Gather()
	for _, f := range families {
		desc := client.NewDesc(f.GetName(), f.GetHelp(), nil, nil)
		for _, m := range f.GetMetric() {
			metrics <- gathered{desc, m}
		}
	}
	switch {
	case err == nil || errors.Is(err, sdkmetric.ErrReaderShutdown):
	case errors.Is(err, sdkmetric.ErrReaderNotRegistered):
		c.exporter.reports.add(scrapeFailed, err)
	default:
		metrics <- client.NewInvalidMetric(client.NewInvalidDesc(err), err)
	}
}

// gathered is a metric of a family that was gathered already.
type gathered struct {
	desc   *client.Desc
	metric *dto.Metric
}

func (g gathered) Desc() *client.Desc { return g.desc }

func (g gathered) Write(out *dto.Metric) error {
	m := g.metric
	out.Label = slices.Clip(m.Label)                                        // a registry that adds labels must not write into ours
	out.Counter, out.Gauge, out.Histogram = m.Counter, m.Gauge, m.Histogram // OpenTelemetry has no others
	return nil
}
