// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// TestPrometheusOTLP pushes exponential histograms into Prometheus's own OTLP receiver, where they become native ones.
func TestPrometheusOTLP(t *testing.T) {
	w := generateWorkload(t, 500, 20*time.Millisecond)
	p := startPrometheus(t, scrapeConfig(t, freeAddress(t))) // nobody is there to be scraped
	startReplay(t, w, []string{"-linger", "0s"}, []string{
		"OTEL_SERVICE_NAME=" + service,
		"OTEL_METRICS_EXPORTER=otlp",
		"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://" + p.address + "/api/v1/otlp/v1/metrics",
		"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram",
	}).finish(t)

	eventually(t, "totals in Prometheus", func() error { return checkNativeTotals(p, w.totals) })
}

// checkNativeTotals asks Prometheus for every total under OpenTelemetry's names, and of the histograms for the native ones only.
func checkNativeTotals(p *prometheus, want totals) error {
	for _, c := range want.counters() {
		if err := expectScalar(p, fmt.Sprintf("sum(%s)", c.prometheus), c.want); err != nil {
			return err
		}
	}
	for _, c := range want.durations() {
		if err := expectScalar(p, fmt.Sprintf("histogram_count(sum(%s))", c.prometheus), c.want); err != nil {
			return err
		}
	}
	return nil
}
