// SPDX-License-Identifier: Apache-2.0

// Package bound keeps the metrics of this module at the price of Prometheus's
// client library, in series that end.
//
// OpenTelemetry's SDK looks attributes up at each measurement, never forgets a
// histogram's series, and merges those beyond a limit, 2,000 by default, into one.
// A [Producer] stands in front of the host's meter provider and keeps the
// instruments of this module itself: attributes are looked up once, by Bind, and a
// series ends, by Finish. These are the methods of the interfaces in
// go.opentelemetry.io/otel/metric/x. Package otelcache calls both when instruments
// have them, so that an engine that is closed leaves nothing behind. Meters of other
// scopes are the host's own.
//
// # Wiring
//
// The producer has two ends, the readers' and the instruments':
//
//	b := bound.New(bound.WithViews(views...))
//	reader := sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithProducer(b))
//	host := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(views...))
//	monitor, err := otelcache.New(engine, otelcache.WithMeterProvider(b.MeterProvider(host)))
//
// Each reader that shall have the metrics needs the producer. Instruments that
// come from OpenTelemetry's global provider before one is set have no Bind, and are
// looked up at each measurement.
//
// # What comes out
//
// With the same views and exemplar filter, readers get what the SDK's own
// instruments give, with these exceptions:
//
//   - A producer learns nothing of its readers. Sums and histograms are cumulative,
//     have the buckets of the views or those that the instrument advises, and no limit
//     of series, whatever aggregation, temporality and limit a reader chooses. A reader
//     that sends differences needs the SDK's instruments.
//   - A series starts when it was bound, or recorded to for the first time; an
//     observed one, when the last collection without it began.
//   - A series that is finished, or not observed, is absent from the next
//     collection.
//   - An observation has no exemplar, which could only repeat it.
//   - An exponential histogram stays with the host's provider: see [WithViews].
package bound
