// SPDX-License-Identifier: Apache-2.0

// Package instruments is the catalog of every metric of this module: its
// OpenTelemetry name, kind, unit, description and bucket bounds, and its name,
// unit and scale in each vocabulary.
//
// A metric is one entry, an exported variable in the file of its class. The
// instruments of package otelcache, the views, the names on Prometheus, the
// fields of otelcache.Stats and docs/metrics.md derive from it.
//
// A variable's type says how the metric is fed: [Counter], [UpDownCounter],
// [Gauge] and [Histogram] by the events of package otelcache, [ObservableGauge] by
// a callback of the host. A variable is named after its metric:
// [RetrieveHitTokens] is lmcache.retrieve.hit_tokens.
//
// The package is data; all of it is safe for concurrent use.
package instruments
