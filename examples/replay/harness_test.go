// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// testRun is a replay inside of the test, with what it reports.
type testRun struct {
	*run
	page  *prometheus.Exporter
	spans *tracetest.SpanRecorder
	log   *syncBuffer
}

// newTestRun makes a replay with one worker and one byte for a token, unless the options say otherwise.
func newTestRun(t *testing.T, o options) *testRun {
	t.Helper()
	o.workers, o.bytesPerToken = max(o.workers, 1), max(o.bytesPerToken, 1)
	producer := o.producer()
	page, err := prometheus.New(prometheus.WithVocabulary(vocabularies[bothNames]...), prometheus.WithBound(producer))
	if err != nil {
		t.Fatal(err)
	}
	leaks := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, leaks) })
	spans := tracetest.NewSpanRecorder()
	sdk := sdkmetric.NewMeterProvider(sdkmetric.WithReader(page))
	var meters metric.MeterProvider = sdk
	if producer != nil {
		meters = producer.MeterProvider(sdk)
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	mon, err := otelcache.New(engine, otelcache.WithMeterProvider(meters), otelcache.WithTracerProvider(tracers))
	if err != nil {
		t.Fatal(err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { t.Errorf("the replay uses telemetry wrongly: %v", err) }))
	log := new(syncBuffer)
	warn := newWarnings(log)
	kv, err := openCache(t.Context(), o, mon, tracers, warn)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{options: o, mon: mon, cache: kv, tracers: tracers, warn: warn, bar: newProgress(log, 0)}
	if err := r.observe(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kv.close(); err != nil {
			t.Errorf("close the cache: %v", err)
		}
		if err := sdk.Shutdown(t.Context()); err != nil {
			t.Log(err)
		}
		if err := mon.Close(); err != nil {
			t.Error(err)
		}
	})
	return &testRun{run: r, page: page, spans: spans, log: log}
}

// value returns a counter (LMCache's without the _total that ends it), a gauge, or the count of a histogram from the page.
func (r *testRun) value(t *testing.T, name string) float64 {
	t.Helper()
	families, err := r.page.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name && f.GetName() != name+"_total" {
			continue
		}
		sum := 0.0
		for _, m := range f.GetMetric() {
			switch f.GetType() {
			case dto.MetricType_COUNTER:
				sum += m.GetCounter().GetValue()
			case dto.MetricType_GAUGE:
				sum += m.GetGauge().GetValue()
			default:
				sum += float64(m.GetHistogram().GetSampleCount())
			}
		}
		return sum
	}
	t.Fatalf("no %s on the page", name)
	return 0
}

func (r *testRun) expect(t *testing.T, name string, want float64) {
	t.Helper()
	if got := r.value(t, name); got != want {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

// syncBuffer is a log that is read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// recordedTrace returns the path of the recorded trace, which is not part of the repository.
func recordedTrace(t *testing.T) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "traces", "mooncake_synthetic.jsonl")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recorded trace is not here: %v", err)
	}
	return path
}
