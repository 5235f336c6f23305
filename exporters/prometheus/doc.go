// SPDX-License-Identifier: Apache-2.0

// Package prometheus lets Prometheus scrape the metrics of a meter provider, under
// OpenTelemetry's names, LMCache's, or both.
//
// An [Exporter] is a reader: pass it to a meter provider and serve its
// [Exporter.Handler] on /metrics, or register its [Exporter.Collector] where a page
// exists. Package server has an HTTP server for programs without one.
//
// # The OTel vocabulary
//
// [OTel], the default, is the page of OpenTelemetry's own Prometheus exporter,
// which writes it: names with units ("lmcache_retrieve_duration_seconds"),
// otel_scope_* labels, target_info with the attributes of the resource, native
// histograms where views make exponential ones, and all other metrics of the meter
// provider. There are five differences:
//
//   - The engine of a closed monitor is gone from the next scrape. OpenTelemetry's
//     SDK keeps its histograms for ever.
//   - Gauges do not end in "_total", which marks counters on Prometheus:
//     lmcache.periodic_threads.total is lmcache_periodic_threads.
//   - A callback of the host that panics costs one scrape, not the process. One
//     that hangs makes scrapes fail in time until it returns, see
//     [Exporter.Handler].
//   - An exemplar whose labels would be too long with the attributes that a view
//     dropped keeps the ids of its span.
//   - Two metrics are the exporter's own, once there is a monitor: lmcache.otel.scrapes
//     counts the scrapes before this one by their result, and
//     lmcache.otel.overflowed_instruments has how many instruments of this module the
//     SDK's cardinality limit takes series from. Each is reported to
//     [otel.Handle] once.
//
// # The LMCache vocabulary
//
// [LMCache] is LMCache's own page, for dashboards, alerts and parsers that were made
// for it: 94 families with its names, types, units and buckets. From the first
// scrape on, each engine has a series of each family, with LMCache's value for an
// idle engine and the labels model_name, role, served_model_name and worker_id,
// empty when unset. Series are in the order of their labels; points that differ in
// other attributes add up. Mind these differences from LMCache:
//
//   - Failed requests are not in the time histograms, as LMCache never sees them
//     finish.
//   - Histograms keep classic buckets when views make exponential ones. An
//     exponential bucket counts where its upper end falls, so that a value near a
//     bound may be in the next bucket.
//   - An engine that is closed and created again has counters and gauges that start
//     at 0. Its histograms continue, because the SDK cannot restart them; bound
//     ones ([WithBound]) start at 0. Rates are right in both cases: Prometheus
//     treats a falling counter as reset.
//   - Engines that the SDK's cardinality limit merged have no labels left, and are
//     not on the page.
//   - Views apply here, too. If one drops an identifying attribute of a metric, the
//     engines that it merges are one series with an empty label. [WithViews] tells
//     the exporter about views, for metrics without data.
//
// # Cost
//
// A scrape is one collection of the meter provider for all vocabularies. It costs
// about as much as with OpenTelemetry's own exporter, and less than half of that
// for the LMCache page alone (BenchmarkScrape); with bound instruments it costs
// less. Overlapping scrapes take turns to collect; eight at once hold their
// metrics until they are written.
package prometheus
