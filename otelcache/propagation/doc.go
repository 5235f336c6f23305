// SPDX-License-Identifier: Apache-2.0

// Package propagation carries a trace from one process of a cache to another, so that a retrieve here and the peer-to-peer transfer or remote
// read that it causes there are one trace. [Inject] and [Extract] use a map of strings, for protocols with headers;
// [AppendMessage] and [ExtractMessage] use bytes, for ZeroMQ frames, RPC envelopes and protocols of one's own. For net/http there is otelhttp of
// OpenTelemetry's contrib, or [go.opentelemetry.io/otel/propagation.TraceContext] with its HeaderCarrier.
//
// The format is always that of the W3C Trace Context recommendation: traceparent and tracestate. It is not taken from
// [go.opentelemetry.io/otel.GetTextMapPropagator], for two reasons. That one does nothing until the host sets it, which would silently
// cut every trace in two. And both ends of a connection must speak the same format, while two hosts that share a cache may
// have chosen differently.
//
// Baggage is not carried: it is the users' data, which does not belong on the wire between caches unasked, and it has no
// useful limit of size. A host that wants it, or another format, gives
// [go.opentelemetry.io/otel/propagation.MapCarrier] to the propagator of its choice.
//
// All functions are safe for concurrent use, provided that nobody else uses the same map or bytes meanwhile. None panics or returns
// an error: a context without a span puts nothing, and what cannot be read leaves the context as it was, so that the worst that a
// broken or hostile peer can do is to be the start of a trace of its own.
package propagation
