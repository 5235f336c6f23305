// SPDX-License-Identifier: Apache-2.0

// Package bound keeps the metrics of this module at the price of Prometheus's
// client library, in series that end.
//
// OpenTelemetry's SDK looks attributes up at each measurement, never forgets a
// histogram's series, and merges those beyond a limit (2,000 by default) into
// one. A [Producer] is a meter provider in front of the host's that does neither:
// it resolves attributes once, by Bind, and ends series, by Finish, as the
// interfaces of go.opentelemetry.io/otel/metric/x describe it. Package otelcache
// uses both when instruments have them. Meters of other scopes are the host's
// own.
//
//	b := bound.New(bound.WithViews(views...))
//	reader := sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithProducer(b))
//	host := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(views...))
//	monitor, err := otelcache.New(engine, otelcache.WithMeterProvider(b.MeterProvider(host)))
//
// What comes out is what the SDK's own instruments give with the same views and
// the same exemplar filter, apart from what a reader chooses by itself: a
// producer learns neither its aggregation, nor its temporality, nor its
// cardinality limit. Sums and histograms are cumulative, in the buckets of the
// views, and without a limit. A reader that wants differences must use the SDK's
// instruments.
package bound
