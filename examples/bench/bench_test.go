// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/exporters/manual"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var engine = otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "0", Role: "worker", ServedModelName: "llama"}

// work is the size of one request.
type work struct{ tokens, hits int }

// requests records one of each operation with some library.
type requests interface {
	lookup(work)
	retrieve(work)
	store(work)
	transfer(work)
}

var operations = []struct {
	name string
	run  func(requests, work)
}{
	{"lookup", requests.lookup},
	{"retrieve", requests.retrieve},
	{"store", requests.store},
	{"transfer", requests.transfer},
}

// monitored records with package otelcache.
type monitored struct{ *otelcache.Monitor }

func newMonitored(tb testing.TB, mp metric.MeterProvider) monitored {
	tb.Helper()
	mon, err := otelcache.New(engine, otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tracenoop.NewTracerProvider()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = mon.Close() })
	return monitored{mon}
}

func (m monitored) lookup(w work) {
	_, l := m.StartLookup(context.Background(), w.tokens)
	l.Finish(w.hits)
}

func (m monitored) retrieve(w work) {
	ctx, r := m.StartRetrieve(context.Background(), w.tokens)
	for _, name := range []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.Broadcast, otelcache.ToGPU} {
		_, p := r.StartPhase(ctx, name)
		p.End()
	}
	r.Finish(w.hits)
}

func (m monitored) store(w work) {
	ctx, s := m.StartStore(context.Background(), w.tokens)
	for _, name := range []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.FromGPU, otelcache.Put} {
		_, p := s.StartPhase(ctx, name)
		p.End()
	}
	s.Finish(otelcache.AllTokens)
}

func (m monitored) transfer(w work) {
	_, t := m.StartTransfer(context.Background(), w.tokens, "peer")
	t.Finish()
}

// BenchmarkMetrics measures the metrics of each operation, without traces. The
// libraries take turns within one run, so that a noisy machine is noisy for
// both:
//
//	ns/op         package otelcache with OpenTelemetry's SDK
//	client-ns/op  Prometheus's client library
//	x-client      the first as a multiple of the second
func BenchmarkMetrics(b *testing.B) {
	const turn = 5000
	for _, op := range operations {
		for _, goroutines := range []int{1, 2, 8} {
			b.Run(fmt.Sprintf("op=%s/goroutines=%d", op.name, goroutines), func(b *testing.B) {
				provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
				libraries := []requests{newMonitored(b, provider), newClientGolang(engine, prometheus.NewRegistry())}
				times, turns := make([]time.Duration, len(libraries)), 0
				for n := 0; b.Loop(); n++ {
					if n%turn != 0 {
						continue
					}
					turns++
					for i, library := range libraries {
						times[i] += elapsed(goroutines, func() {
							for range turn {
								op.run(library, work{tokens: 4096, hits: 2048})
							}
						})
					}
				}
				perOp := func(d time.Duration) float64 {
					return float64(d.Nanoseconds()) / float64(turns) / turn / float64(goroutines)
				}
				b.ReportMetric(perOp(times[0]), "ns/op")
				b.ReportMetric(perOp(times[1]), "client-ns/op")
				b.ReportMetric(float64(times[0])/float64(times[1]), "x-client")
			})
		}
	}
}

// elapsed returns how long n goroutines take until each of them has called f.
func elapsed(n int, f func()) time.Duration {
	var wg sync.WaitGroup
	start := time.Now()
	for range n {
		wg.Go(f)
	}
	wg.Wait()
	return time.Since(start)
}

// TestClientGolangCountsTheSame holds that the benchmark compares like with
// like.
func TestClientGolangCountsTheSame(t *testing.T) {
	reader, registry := manual.NewReader(), prometheus.NewRegistry()
	ours := newMonitored(t, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	client := newClientGolang(engine, registry)
	for _, w := range []work{{tokens: 4096, hits: 2048}, {tokens: 256}} {
		for _, op := range operations {
			op.run(ours, w)
			op.run(client, w)
		}
	}
	got := map[string]float64{}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			got[family.GetName()] += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for _, m := range instruments.All() {
		want := 0.0
		switch m.Kind {
		case instruments.KindCounter:
			want, err = reader.Value(t.Context(), handle(m))
		case instruments.KindHistogram:
			var n uint64
			n, _, err = reader.Distribution(t.Context(), handle(m))
			want = float64(n)
		default:
			continue
		}
		if err != nil {
			want = 0 // a histogram without measurements has no series
		}
		if got[metricName(m)] != want {
			t.Errorf("%s: client_golang has %v, otelcache %v", m.Name, got[metricName(m)], want)
		}
	}
}

// handle is a metric of the catalog, found by iteration.
type handle instruments.Metric

func (h handle) Metric() instruments.Metric { return instruments.Metric(h) }
