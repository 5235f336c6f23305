// SPDX-License-Identifier: Apache-2.0

package views

import sdkmetric "go.opentelemetry.io/otel/sdk/metric"

// ForDelta returns what a backend wants that stores differences instead of totals, as many commercial ones do: views like those of [New], in which
// every histogram that [WithBuckets] does not name is exponential, since such backends merge the histograms of many intervals and processes and
// compute quantiles, for which fixed buckets are coarse; and the temporality, which views cannot set because it is the reader's:
//
//	views, temporality, err := views.ForDelta()
//	exporter, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithTemporalitySelector(temporality))
//	reader := sdkmetric.NewPeriodicReader(exporter)
//
// Counters and histograms are then delta; gauges and up-down counters, which are levels, stay cumulative. Give it to the one reader that
// sends to that backend, never to Prometheus, which needs totals.
func ForDelta(opts ...Option) ([]sdkmetric.View, sdkmetric.TemporalitySelector, error) {
	v, err := New(append(opts[:len(opts):len(opts)], WithExponential())...)
	if err != nil {
		return nil, nil, err
	}
	return v, sdkmetric.DeltaTemporalitySelector, nil
}
