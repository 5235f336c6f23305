// SPDX-License-Identifier: Apache-2.0

// Package auto makes the telemetry pipeline of a service that has none yet, from OpenTelemetry's environment variables or from its
// declarative configuration file. It is made of contrib's autoexport and otelconf, and adds what they leave to the host: checks before
// anything starts, several exporters at once, readers and views of the host, an account of lost spans, and an end within a deadline.
//
//	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-router"))
//	if err != nil {
//		return err // says which setting is wrong and what is allowed
//	}
//	monitor, err := otelcache.New(engine,
//		otelcache.WithMeterProvider(pipeline.MeterProvider()),
//		otelcache.WithTracerProvider(pipeline.TracerProvider()))
//	…
//	err = errors.Join(pipeline.Shutdown(ctx), monitor.Close())
//
// # Environment
//
//   - OTEL_METRICS_EXPORTER: otlp, console, prometheus, none, or a name registered with autoexport. A comma-separated list of otlp and
//     console sends to both; Prometheus beside others is a reader of the host's, see [WithReader].
//     The page of prometheus has OpenTelemetry's names. For LMCache's, set OTEL_METRICS_EXPORTER=none and give [WithReader] the exporter of
//     exporters/prometheus, as in the package's example.
//   - OTEL_TRACES_EXPORTER: otlp, console, none, or a registered name; or a list of otlp and console.
//   - OTEL_EXPORTER_OTLP_*, also for one signal (…_METRICS_…, …_TRACES_…): endpoint, protocol, headers, certificates, compression,
//     timeout, temporality. Without an endpoint it is the specification's, on this machine and without encryption: http://localhost:4318, or
//     http://localhost:4317 over gRPC; with a certificate it is https.
//   - OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and its argument, OTEL_BSP_*, OTEL_METRIC_EXPORT_*,
//     OTEL_METRICS_EXEMPLAR_FILTER, OTEL_PROPAGATORS.
//   - OTEL_SDK_DISABLED=true: nothing is recorded.
//
// Nothing is sent unless it was asked for: a signal without an exporter variable goes to OTLP only when an OTLP endpoint is set.
//
// # Configuration file
//
// With OTEL_CONFIG_FILE the file decides, and, as OpenTelemetry has it, the variables above count only where the file refers to them;
// the service name is the file's too, or that of OTEL_SERVICE_NAME. Readers and views of the host are added to those of the file.
//
//	file_format: "1.0"
//	resource:
//	  attributes:
//	    - name: service.name
//	      value: kv-router
//	tracer_provider:
//	  processors:
//	    - batch:
//	        exporter:
//	          otlp_http:
//	            endpoint: http://localhost:4318/v1/traces
//	meter_provider:
//	  readers:
//	    - periodic:
//	        exporter:
//	          otlp_http:
//	            endpoint: http://localhost:4318/v1/metrics
//
// A file cannot make a Prometheus page: otelconf has no pull exporter. Write "meter_provider: {readers: []}", or other readers, and give
// [WithReader] the exporter of exporters/prometheus. A key that otelconf does not know, which it would ignore, is an error here.
//
// # Globals
//
// Nothing global is changed. A host that wants libraries to find the pipeline sets [go.opentelemetry.io/otel.SetTracerProvider],
// [go.opentelemetry.io/otel.SetMeterProvider] and, without which no trace crosses a process, [go.opentelemetry.io/otel.SetTextMapPropagator]
// with [Pipeline.Propagator].
package auto
