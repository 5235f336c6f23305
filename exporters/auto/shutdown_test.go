// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

const patience = 300 * time.Millisecond

// within checks that a call with a context of limited time returns with it.
func within(t *testing.T, name string, call func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	started := time.Now()
	err := call(ctx)
	if d := time.Since(started); d > patience+time.Second {
		t.Errorf("%s took %v, its context %v", name, d, patience)
	}
	return err
}

// memory is a metric exporter of the host's.
type memory struct {
	sdkmetric.Exporter
	exports chan int64
}

func (memory) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

func (memory) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

func (m memory) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	if ctx.Err() == nil && len(rm.ScopeMetrics) > 0 {
		m.exports <- rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints[0].Value
	}
	return ctx.Err()
}

func (memory) ForceFlush(context.Context) error { return nil }
func (memory) Shutdown(context.Context) error   { return nil }

// An exporter that hangs takes neither more time than there is, nor that of
// the others.
func TestEndsWithItsContext(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		for name, endpoint := range map[string]string{
			"unreachable": "http://127.0.0.1:" + freePort(t, "127.0.0.1"), "black hole": blackHole(t),
		} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				collectReports(t)
				variables{
					"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
					"OTEL_BSP_EXPORT_TIMEOUT": "500", // how long it goes on after Shutdown
				}.set(t)
				exports := make(chan int64, 2)
				p := start(t, auto.WithReader(sdkmetric.NewPeriodicReader(memory{exports: exports})))
				record(t, p)
				if err := within(t, "ForceFlush", p.ForceFlush); err == nil || !strings.Contains(err.Error(), "flush traces: ") {
					t.Errorf("ForceFlush gave %v, want an error about traces", err)
				}
				record(t, p)
				if err := within(t, "Shutdown", p.Shutdown); err == nil || !strings.Contains(err.Error(), "shut down metrics: ") {
					t.Errorf("Shutdown gave %v, want an error about metrics", err)
				}
				if first, second := <-exports, <-exports; first != 3 || second != 6 {
					t.Errorf("the host's exporter got %d and %d tokens, want 3 and 6", first, second)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Errorf("the second Shutdown gave %v", err)
				}
			})
		}
	}
}

// A callback of the host that hangs is not waited for either.
func TestDoesNotWaitForCallbacks(t *testing.T) {
	collectReports(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", httpReceiver(t).url)
	p := start(t)
	release := make(chan struct{})
	defer close(release)
	if _, err := p.MeterProvider().Meter("host").Int64ObservableGauge("stuck",
		metric.WithInt64Callback(func(context.Context, metric.Int64Observer) error {
			<-release
			return nil
		})); err != nil {
		t.Fatal(err)
	}
	if err := within(t, "Shutdown", p.Shutdown); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown gave %v, want the end of its context", err)
	}
}

// Everything that can be called at any time is, under the race detector.
func TestConcurrentSafe(t *testing.T) {
	r := httpReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.url)
	p := start(t)
	const each = 200
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range each {
				_, span := p.TracerProvider().Tracer("t").Start(t.Context(), "s")
				span.End()
			}
		})
		wg.Go(func() {
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, spans := r.got(); spans != 4*each {
		t.Errorf("%d spans arrived, want %d", spans, 4*each)
	}
}
