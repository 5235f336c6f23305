// SPDX-License-Identifier: Apache-2.0

// Package otlp sends metrics and traces to an OpenTelemetry Collector, or whatever else speaks OTLP, over gRPC or HTTP. It configures
// OpenTelemetry's own exporters, from the OTEL_EXPORTER_OTLP_* variables and from options, which have precedence; other than those it refuses
// a malformed setting instead of logging it, and its span processor counts what it loses.
//
// [NewReader] is for a host's meter provider, [NewSpanProcessor] or [NewSpanExporter] for its tracer provider. One list of options serves all:
// each takes what concerns it. No call connects; that the receiver is away is no error and never delays the host.
package otlp
