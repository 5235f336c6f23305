// SPDX-License-Identifier: Apache-2.0

// Package prometheus lets Prometheus scrape the metrics of a meter provider, under OpenTelemetry's names, LMCache's, or both.
//
// An [Exporter] is a reader: give it to a meter provider and serve its [Exporter.Handler] on /metrics. A program that has no HTTP server finds
// one in package server.
//
// # The OTel vocabulary
//
// The default is the page that OpenTelemetry's own Prometheus exporter makes of the same meter provider, which does the writing: names with
// units ("lmcache_retrieve_duration_seconds"), otel_scope_* labels, target_info with the attributes of the resource, native histograms where
// views make exponential ones, and the metrics of everybody else on the meter provider. There are three differences:
//
//   - The engine of a monitor that was closed is gone from the next scrape. OpenTelemetry's SDK keeps its histograms for ever.
//   - Gauges do not end in "_total", which says on Prometheus that a metric is a counter: lmcache.periodic_threads.total
//     is lmcache_periodic_threads.
//   - A callback of the host that panics costs one scrape, not the process.
//
// # The LMCache vocabulary
//
// [LMCache] has the metrics of LMCache's own page, for dashboards, alerts and parsers that were made for it: 94 families with LMCache's
// names, types, units and buckets, and nothing else. Each engine has a series of each family from its first scrape on, with 0 or LMCache's
// value for an idle engine, and the labels model_name, role, served_model_name and worker_id, empty when they are unset. Series are
// in the order of their labels. What differs from LMCache, and where the two worlds meet:
//
//   - Requests that failed are not in the time histograms, as LMCache never sees them finish.
//   - Histograms keep classic buckets when views make exponential ones. A value counts in the bucket that holds the upper end of
//     its exponential bucket, so that one near a bound may be in the next.
//   - An engine that is closed and created again has counters and gauges that start at 0. Its histograms continue where they were, because the SDK
//     cannot start them anew; rates are right in both cases, since Prometheus takes a counter that falls for one
//     that was reset.
//   - Views reach this page, too. Where one takes an identifying attribute from a metric, the engines that it merges are one series with
//     an empty label. The exporter cannot see views: tell it with [WithViews], for what has no measurements yet.
//
// # Cost
//
// A scrape is one collection of the meter provider, whatever the vocabulary, and costs about what OpenTelemetry's own exporter costs, or less
// than half of it for LMCache's page alone (BenchmarkScrape). Scrapes that overlap take turns.
package prometheus
