// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// BenchmarkUnusedEngine measures the heap that an engine takes of which nothing
// ever happened, when its metrics have been collected once:
//
//	<way>-B/engine  bytes, of each of a thousand engines
func BenchmarkUnusedEngine(b *testing.B) {
	const engines = 1000
	for b.Loop() {
		for _, w := range ways {
			var reader sdkmetric.Reader
			out := outputs{tracerProvider: tracenoop.NewTracerProvider(), registry: prometheus.NewRegistry()}
			out.meterProvider = func(p ...sdkmetric.Producer) (mp metric.MeterProvider) {
				mp, reader = newMeterProvider(p...)
				return mp
			}
			before := heapInUse()
			opened := w.open(b, out, newEngines(engines))
			if reader != nil {
				if err := reader.Collect(context.Background(), new(metricdata.ResourceMetrics)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heapInUse()-before)/engines, w.name+"-B/engine")
			runtime.KeepAlive(opened)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first finds what the second frees
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
