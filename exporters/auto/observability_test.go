// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"testing"

	"go.opentelemetry.io/otel"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// observe gives the SDK's own metrics to a reader, and returns a function that
// adds up a counter: without and with error.type.
func observe(t *testing.T) (sum func(name string) [2]int64) {
	t.Helper()
	collectReports(t)
	t.Setenv("OTEL_GO_X_OBSERVABILITY", "true")
	own := sdkmetric.NewManualReader()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(own)))
	t.Cleanup(func() { otel.SetMeterProvider(metricnoop.NewMeterProvider()) })
	return func(name string) [2]int64 {
		t.Helper()
		without, with := total(t, own, name, "error.type")
		return [2]int64{without, with}
	}
}

// While the collector is away, the SDK's own metrics count the spans that are
// lost. The totals of metrics are not lost.
func TestCollectorIsAway(t *testing.T) {
	for protocol, newReceiver := range receivers {
		t.Run(protocol, func(t *testing.T) {
			sum := observe(t)
			expect := func(name string, want ...int64) {
				t.Helper()
				if got := sum(name); got != [2]int64(want) {
					t.Errorf("%s: %v without and with error.type, want %v", name, got, want)
				}
			}
			r := newReceiver(t)
			variables{
				"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_BSP_EXPORT_TIMEOUT": "600", "OTEL_METRIC_EXPORT_TIMEOUT": "600", // so long an export is tried again
				"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8",
			}.set(t)
			p := start(t)
			r.setAway(true)
			record(t, p)
			if err := p.ForceFlush(t.Context()); err == nil {
				t.Error("ForceFlush told nothing")
			}
			expect("otel.sdk.processor.span.processed", 2, 0)
			failed := sum("otel.sdk.exporter.span.exported")
			if failed[0] != 0 || failed[1] == 0 {
				t.Errorf("exported: %v without and with error.type, want failures only", failed)
			}

			r.setAway(false)
			record(t, p)
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			// Older exporters count the two as one, and points of metrics not at all.
			expect("otel.sdk.exporter.span.exported", failed[1], failed[1])
			if got := sum("otel.sdk.exporter.metric_data_point.exported"); got[0] > 0 && got[1] == 0 {
				t.Errorf("exported points: %v without and with error.type, want both", got)
			}
			r.want(t, 6, 2)

			// Of 40 spans, 8 are being exported when the time is up. The others, and two that end later, are not
			// processed.
			r.setAway(true)
			for range 20 {
				record(t, p)
			}
			if err := within(t, "Shutdown", p.Shutdown); err == nil {
				t.Error("Shutdown told nothing")
			}
			record(t, p)
			expect("otel.sdk.span.started", 46, 0)
			expect("otel.sdk.processor.span.processed", 12, 0)
			r.setAway(false)
		})
	}
}

func TestQueueIsFull(t *testing.T) {
	sum := observe(t)
	r := httpReceiver(t)
	variables{"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_BSP_MAX_QUEUE_SIZE": "1"}.set(t)
	p := start(t)
	for range 500 {
		record(t, p)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	spans := r.received().spans
	if got := sum("otel.sdk.processor.span.processed"); got[0] != int64(spans) || got[0]+got[1] != 1000 || got[1] == 0 {
		t.Errorf("processed: %v without and with error.type, want the %d that arrived and the rest of 1000", got, spans)
	}
}
