// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/bound"
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
	sdk      sdkmetric.Reader // of what the SDK says of itself; nil when it says nothing
}

// startTelemetry returns what works beside an error about the rest of it. It
// returns nil when nothing does.
func startTelemetry(ctx context.Context, o options) (*telemetry, error) {
	producer := o.producer()
	exporter, err := prometheus.New(prometheus.WithVocabulary(vocabularies[o.names]...), prometheus.WithBound(producer))
	if err != nil {
		return nil, err
	}
	opts := []auto.Option{auto.WithReader(exporter), auto.WithServiceName("lmcache-replay")}
	if producer != nil {
		opts = append(opts, auto.WithBound(producer))
	}
	t := &telemetry{page: exporter.Handler()}
	if countsSpans() {
		t.sdk = sdkmetric.NewManualReader()
		opts = append(opts, auto.WithReader(t.sdk))
	}
	t.pipeline, err = auto.New(ctx, opts...)
	t.meters, t.tracers = t.pipeline.MeterProvider(), t.pipeline.TracerProvider()
	if countsSpans() {
		otel.SetMeterProvider(t.meters) // which the SDK counts with
	}
	return t, err
}

// producer keeps the metrics in bound instruments; it is nil with the SDK's.
func (o options) producer() *bound.Producer {
	if o.instruments == sdkInstruments {
		return nil
	}
	return bound.New()
}

// shutdown sends what waits to be sent, and ends the exporters. Between the two
// it writes what became of the spans, when that is known.
func (t *telemetry) shutdown(stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	err := t.pipeline.ForceFlush(ctx)
	if t.sdk != nil {
		counts, readErr := readSpanCounts(context.Background(), t.sdk)
		err = errors.Join(err, readErr)
		fmt.Fprintln(stderr, "replay:", counts)
	}
	return errors.Join(err, t.pipeline.Shutdown(ctx))
}

// tableOutput is stdout, unless an exporter writes there, or might do so because a file that we do not read configures it.
func tableOutput(stdout, stderr io.Writer) io.Writer {
	exporters := os.Getenv("OTEL_TRACES_EXPORTER") + "," + os.Getenv("OTEL_METRICS_EXPORTER")
	if os.Getenv("OTEL_CONFIG_FILE") != "" || strings.Contains(exporters, "console") {
		return stderr
	}
	return stdout
}
