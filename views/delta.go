// SPDX-License-Identifier: Apache-2.0

package views

import sdkmetric "go.opentelemetry.io/otel/sdk/metric"

// ForDelta returns views and a temporality for a backend that stores differences
// instead of totals, as many commercial ones do. The views are those of [New],
// except that every histogram that [WithBuckets] does not name is exponential:
// such backends merge the histograms of many intervals and processes and compute
// quantiles, for which fixed buckets are coarse. The temporality belongs to the
// reader, so that views cannot set it:
//
//	views, temporality, err := views.ForDelta()
//	exporter, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithTemporalitySelector(temporality))
//	reader := sdkmetric.NewPeriodicReader(exporter)
//
// Counters and histograms are then delta; gauges and up-down counters, which are
// levels, stay cumulative. Use it for the one reader that sends to that backend,
// never for Prometheus, which needs totals.
func ForDelta(opts ...Option) ([]sdkmetric.View, sdkmetric.TemporalitySelector, error) {
	v, err := New(append(opts[:len(opts):len(opts)], WithExponential())...)
	if err != nil {
		return nil, nil, err
	}
	return v, sdkmetric.DeltaTemporalitySelector, nil
}
