// SPDX-License-Identifier: Apache-2.0

// Package auto makes the telemetry pipeline of a service that has none yet, from
// OpenTelemetry's environment variables or its declarative configuration file.
// The work is done by autoexport and otelconf of OpenTelemetry's contrib
// repository. The package adds several exporters at once, readers and views of
// the host, an id of the process, and a shutdown within a deadline.
//
//	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-router"))
//	if err != nil {
//		log.Print(err) // what could be made works
//	}
//	monitor, err := otelcache.New(engine,
//		otelcache.WithMeterProvider(pipeline.MeterProvider()),
//		otelcache.WithTracerProvider(pipeline.TracerProvider()))
//	…
//	err = errors.Join(pipeline.Shutdown(ctx), monitor.Close())
//
// # Environment
//
//   - OTEL_METRICS_EXPORTER: otlp, console, prometheus, none, or a name that is
//     registered with autoexport. A list of otlp and console sends to both
//     (OTEL_METRICS_PRODUCERS then has no effect). Prometheus beside others is a
//     reader of the host's, see [WithReader]. The page of prometheus has
//     OpenTelemetry's names. For LMCache's, set OTEL_METRICS_EXPORTER=none and
//     give [WithReader] the exporter of package exporters/prometheus.
//   - OTEL_TRACES_EXPORTER: otlp, console, none, a registered name, or a list of
//     otlp and console.
//   - OTEL_EXPORTER_OTLP_*, also for one signal (…_METRICS_…, …_TRACES_…). Give
//     the endpoint with http:// or https://. Without an endpoint the exporters use
//     https://localhost:4318, or :4317 over gRPC. Without a scheme it depends on
//     their version: the newest take name:port over gRPC, encrypted unless
//     OTEL_EXPORTER_OTLP_INSECURE is true. An endpoint that they cannot read, such
//     as 127.0.0.1:4317, is logged, and the default is used.
//     OTEL_EXPORTER_OTLP_INSECURE overrides the scheme: http:// with any value but
//     true is encrypted.
//   - OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER,
//     OTEL_BSP_*, OTEL_METRIC_EXPORT_*, OTEL_METRICS_EXEMPLAR_FILTER,
//     OTEL_PROPAGATORS.
//   - OTEL_SDK_DISABLED=true: nothing is recorded.
//
// A signal without an exporter variable goes to OTLP only when an OTLP endpoint
// is set, so that nothing is sent unasked. Unless OTEL_RESOURCE_ATTRIBUTES has a
// service.instance.id, each pipeline has a random one: two replicas behind one
// collector must not write to one series.
//
// # Bound instruments
//
// [WithBound] keeps the metrics of this module in package exporters/bound, which
// costs less than the SDK's instruments and has no limit of engines. Where the
// environment asks for what it has not, the SDK's instruments are used.
//
// # Configuration file
//
// With OTEL_CONFIG_FILE the file decides. The variables above then count only
// where the file refers to them, except OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES. otelconf ignores keys that it does not know, those
// that end in /development included, and adds no service.instance.id. A file for
// several replicas says where it is. (otelconf refuses the older variable
// OTEL_EXPERIMENTAL_CONFIG_FILE.)
//
//	file_format: "1.0"
//	resource:
//	  attributes:
//	    - name: service.name
//	      value: kv-router
//	    - name: service.instance.id
//	      value: ${POD_NAME}
//	tracer_provider:
//	  processors:
//	    - batch:
//	        exporter:
//	          otlp_http:
//	            endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/traces
//	meter_provider:
//	  readers:
//	    - periodic:
//	        exporter:
//	          otlp_http:
//	            endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/metrics
//
// OpenTelemetry's otel-getting-started.yaml works as it is. Its larger examples,
// otel-sdk-config.yaml and otel-sdk-migration-config.yaml, do not: otelconf
// refuses their tls keys, which are empty, beside http:// endpoints. Remove them.
//
// otelconf has no Prometheus exporter. Give [WithReader] the one of package
// exporters/prometheus. Readers and views of the host are added to the
// meter_provider of the file. If it has none, they get a meter provider with the
// resource of the environment.
//
// # Settings that are wrong
//
// The libraries report most of them and use their default: to
// [go.opentelemetry.io/otel.Handle], or in OpenTelemetry's log, which goes to
// stderr unless [go.opentelemetry.io/otel.SetLogger] says otherwise.
//
// # Secrets
//
// Errors of this package, and reports of failed exports of traces, leave out what
// the libraries quote of settings, and users, passwords, paths and queries of
// URLs. Three things that the libraries write themselves do repeat settings:
//
//   - OpenTelemetry's log, about endpoints, headers and times that cannot be read,
//     such as an OTEL_EXPORTER_OTLP_HEADERS without a "=", with its token;
//   - reports of failed exports of metrics, with the path of the endpoint, and of
//     traces too with a configuration file;
//   - reports about OTEL_TRACES_SAMPLER and OTEL_RESOURCE_ATTRIBUTES.
//
// This logger writes the messages of the log without settings:
//
//	otel.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{
//		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
//			switch a.Key {
//			case slog.TimeKey, slog.LevelKey, slog.MessageKey:
//				return a
//			}
//			return slog.Attr{}
//		},
//	})))
//
// # A collector that is away
//
// Metrics are cumulative: the first export after an outage has the totals. Spans
// wait in a queue. A batch of them is tried for OTEL_BSP_EXPORT_TIMEOUT (30 s), over
// HTTP as over gRPC, when the collector cannot be reached or does not answer, so
// that one that restarts loses no span that the queue has room for. For longer
// outages raise it together with OTEL_BSP_MAX_QUEUE_SIZE (2048 spans). What is
// given up is reported with the number of spans. A collector may get a batch twice,
// as OTLP allows, if it went away before it answered.
//
// ForceFlush tries as long as its context allows. Once Shutdown has begun, each
// batch is tried once over HTTP, and for OTEL_EXPORTER_OTLP_TIMEOUT (10 s) over
// gRPC.
//
// With a configuration file the exporters are otelconf's, and this holds for
// otlp_grpc for 10 s, its timeout. otlp_http then gives up a batch at once when a
// connection is refused: use otlp_grpc, or a collector beside the service.
//
// # What was lost
//
// With OTEL_GO_X_OBSERVABILITY=true the SDK and its exporters count what they do,
// with the global meter provider ([go.opentelemetry.io/otel.SetMeterProvider]):
//
//   - otel.sdk.span.started, for all spans that ended or still run;
//   - otel.sdk.processor.span.processed, for spans handed to an exporter, and with
//     error.type=queue_full for those that found the queue full;
//   - otel.sdk.exporter.span.exported, with error.type for each attempt that failed
//     (version 1.43 counts the spans of an export as one);
//   - otel.sdk.exporter.metric_data_point.exported likewise, in newer versions.
//
// Lost are those that found the queue full, and those that were handed to an
// exporter and are not exported without error.type: an attempt that is repeated
// counts as failed. Spans that still wait when the time for a shutdown ends, and
// spans that end after it, are only part of started and not of processed. A span
// that goes to two exporters is processed and exported twice.
//
// Set the global meter provider before [New], or, when the process has set none
// before, to that of the pipeline: the SDK asks for it once. The pipeline's
// readers stop with it, so the last counts to be had are those between ForceFlush
// and Shutdown.
//
// # Globals
//
// Nothing global is changed. For libraries to find the pipeline, give its
// providers to [go.opentelemetry.io/otel.SetTracerProvider] and
// [go.opentelemetry.io/otel.SetMeterProvider], and its propagator, without which
// no trace crosses a process, to
// [go.opentelemetry.io/otel.SetTextMapPropagator].
package auto
