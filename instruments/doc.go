// SPDX-License-Identifier: Apache-2.0

// Package instruments is the catalog of every metric this module knows: its OpenTelemetry name, kind, unit, description
// and bucket bounds, and the name, unit and bounds under which LMCache exposes it.
//
// A metric is one entry: an exported variable in the file of its class. Everything else derives from the catalog:
// the instruments that [NewSet] creates, the views, LMCache's names on Prometheus and docs/metrics.md.
//
// The type of the variable says what the metric can be used for: a [Counter], [UpDownCounter], [Gauge] or [Histogram]
// is fed by the events of package otelcache; an [ObservableGauge] is fed by a callback of the host.
//
// The package is data: all of it is safe for concurrent use.
package instruments
