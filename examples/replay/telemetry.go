// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
)

// flushTimeout is how long the end of the replay may wait for exporters.
const flushTimeout = 10 * time.Second

// telemetry is where spans and metrics go: always to the page for Prometheus, and to what the OTEL_* variables say.
type telemetry struct {
	meters   metric.MeterProvider
	tracers  trace.TracerProvider
	page     http.Handler
	pipeline *auto.Pipeline
}

func startTelemetry(ctx context.Context, names prometheus.Vocabulary) (*telemetry, error) {
	exporter, err := prometheus.New(prometheus.WithVocabulary(names))
	if err != nil {
		return nil, err
	}
	p, err := auto.New(ctx, auto.WithReader(exporter), auto.WithServiceName("lmcache-replay"))
	if err != nil {
		return nil, err
	}
	return &telemetry{meters: p.MeterProvider(), tracers: p.TracerProvider(), page: exporter.Handler(), pipeline: p}, nil
}

// shutdown sends what waits to be sent, and ends the exporters.
func (t *telemetry) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	return t.pipeline.Shutdown(ctx)
}

// tableOutput is stdout, unless an exporter writes there, or might do so because a file that we do not read configures it.
func tableOutput(stdout, stderr io.Writer) io.Writer {
	exporters := os.Getenv("OTEL_TRACES_EXPORTER") + "," + os.Getenv("OTEL_METRICS_EXPORTER")
	if os.Getenv("OTEL_CONFIG_FILE") != "" || strings.Contains(exporters, "console") {
		return stderr
	}
	return stdout
}
