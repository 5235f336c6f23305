// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var benchEngine = otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "0", Role: "worker", ServedModelName: "llama"}

// work is what a request does besides telemetry: nothing in benchmarks; steps
// that take known times where outputs are compared.
type work struct {
	tokens, hits int
	step         func(int)
}

func (w work) do(step int) {
	if w.step != nil {
		w.step(step)
	}
}

// requests is one of each operation, as some implementation of the telemetry
// does it.
type requests interface {
	lookup(context.Context, work)
	retrieve(context.Context, work)
	store(context.Context, work)
	transfer(context.Context, work)
}

// setting is the providers that a host has.
type setting struct {
	name  string
	mp    func() metric.MeterProvider
	tp    func() (trace.TracerProvider, func())
	inCtx trace.TraceFlags // flags of the caller's span; 0 for none
}

type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }

func (discard) Shutdown(context.Context) error { return nil }

func sdkMeterProvider() metric.MeterProvider {
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
}

func sdkTracerProvider(s sdktrace.Sampler) func() (trace.TracerProvider, func()) {
	return func() (trace.TracerProvider, func()) {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(s), sdktrace.WithBatcher(discard{}))
		return tp, func() { _ = tp.Shutdown(context.Background()) }
	}
}

var settings = []setting{
	{
		name: "noop",
		mp:   func() metric.MeterProvider { return metricnoop.NewMeterProvider() },
		tp:   func() (trace.TracerProvider, func()) { return tracenoop.NewTracerProvider(), func() {} },
	},
	{name: "unsampled", mp: sdkMeterProvider, tp: sdkTracerProvider(sdktrace.NeverSample())},
	{name: "sampled", mp: sdkMeterProvider, tp: sdkTracerProvider(sdktrace.AlwaysSample())},
	{
		// Traces are the caller's alone: its sampled span is what exemplars
		// point to.
		name: "exemplars", mp: sdkMeterProvider, inCtx: trace.FlagsSampled,
		tp: func() (trace.TracerProvider, func()) { return tracenoop.NewTracerProvider(), func() {} },
	},
}

func (s setting) context() context.Context {
	if s.inCtx == 0 {
		return context.Background()
	}
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: s.inCtx,
	}))
}

var benchOperations = []struct {
	name string
	run  func(requests, context.Context, work)
}{
	{"lookup", requests.lookup},
	{"retrieve", requests.retrieve},
	{"store", requests.store},
	{"transfer", requests.transfer},
}

var benchWork = work{tokens: 4096, hits: 2048}

// BenchmarkOperations measures each operation, with its phases, beside the same
// telemetry written by hand and the calls that both have to make. They take
// turns within one run, so that a noisy machine is noisy for all of them:
//
//	ns/op           this package
//	by-hand-ns/op   the same written by hand
//	x-by-hand       the first as a share of the second
//	needed-ns/op    the calls to OpenTelemetry and the clock that an unsampled operation needs
//	x-needed        that as a share of by hand: what an implementation adds comes on top
func BenchmarkOperations(b *testing.B) {
	for _, op := range benchOperations {
		for _, s := range settings {
			for _, goroutines := range []int{1, 2, 8} {
				b.Run(fmt.Sprintf("op=%s/providers=%s/goroutines=%d", op.name, s.name, goroutines), func(b *testing.B) {
					ours, byHand, needed := s.implementations(b)
					ctx := s.context()
					var times [3]time.Duration
					// Turns are short, so that what changes over time meets all
					// alike; several goroutines take some time to get going.
					turn := 500
					if goroutines > 1 {
						turn = 5000
					}
					for n := 0; b.Loop(); n++ {
						if n%turn != 0 {
							continue
						}
						for i, r := range []requests{ours, byHand, needed} {
							times[i] += elapsedTime(goroutines, func() {
								for range turn {
									op.run(r, ctx, benchWork)
								}
							})
						}
					}
					turns := float64((b.N + turn - 1) / turn * turn)
					perOp := func(d time.Duration) float64 { return float64(d) / turns / float64(goroutines) }
					b.ReportMetric(perOp(times[0]), "ns/op")
					b.ReportMetric(perOp(times[1]), "by-hand-ns/op")
					b.ReportMetric(float64(times[0])/float64(times[1]), "x-by-hand")
					if s.name == "unsampled" {
						b.ReportMetric(perOp(times[2]), "needed-ns/op")
						b.ReportMetric(float64(times[2])/float64(times[1]), "x-needed")
					}
				})
			}
		}
	}
}

// BenchmarkParallel measures how much more two goroutines do than one, on a
// machine with two cores: twice as much is all that there is to gain. Turns of
// one goroutine and of two follow one another within one run, and of each the
// fast ones are compared, in which the machine did nothing else:
//
//	x-throughput          this package
//	by-hand-x-throughput  the same written by hand
//	needed-x-throughput   the calls to OpenTelemetry and the clock that an unsampled operation needs
func BenchmarkParallel(b *testing.B) {
	for _, op := range benchOperations {
		b.Run("op="+op.name, func(b *testing.B) {
			s := settings[1] // unsampled
			ours, byHand, needed := s.implementations(b)
			ctx := s.context()
			const turn = 5000
			var one, two [3][]time.Duration
			for b.Loop() {
				for i, r := range []requests{ours, byHand, needed} {
					run := func() {
						for range turn {
							op.run(r, ctx, benchWork)
						}
					}
					one[i] = append(one[i], elapsedTime(1, run))
					two[i] = append(two[i], elapsedTime(2, run))
				}
			}
			for i, unit := range []string{"x-throughput", "by-hand-x-throughput", "needed-x-throughput"} {
				b.ReportMetric(2*float64(fast(one[i]))/float64(fast(two[i])), unit)
			}
			b.ReportMetric(0, "ns/op") // that of all turns together says nothing
		})
	}
}

// fast returns the time that a tenth of the turns stay below.
func fast(turns []time.Duration) time.Duration {
	slices.Sort(turns)
	return turns[len(turns)/10]
}

// elapsedTime is how long it takes until each of n goroutines has called f.
func elapsedTime(n int, f func()) time.Duration {
	start := time.Now()
	if n == 1 {
		f()
		return time.Since(start)
	}
	var wg sync.WaitGroup
	for range n {
		wg.Go(f)
	}
	wg.Wait()
	return time.Since(start)
}

// implementations are what is compared, each with providers of its own.
func (s setting) implementations(tb testing.TB) (ours, byHand, needed requests) {
	tb.Helper()
	providers := func() (trace.TracerProvider, metric.MeterProvider) {
		tp, stop := s.tp()
		tb.Cleanup(stop)
		return tp, s.mp()
	}
	tp, mp := providers()
	ours = monitored{openMonitor(tb, benchEngine, otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp))}
	tp, mp = providers()
	byHand = newHandwritten(benchEngine, tp, mp)
	tp, mp = providers()
	return ours, byHand, neededCalls{newHandwritten(benchEngine, tp, mp)}
}

// BenchmarkReaders shows what each more reader costs a retrieve: the SDK
// aggregates for each of them.
func BenchmarkReaders(b *testing.B) {
	for _, readers := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			var opts []sdkmetric.Option
			for range readers {
				opts = append(opts, sdkmetric.WithReader(sdkmetric.NewManualReader()))
			}
			mp := sdkmetric.NewMeterProvider(opts...)
			m := openMonitor(b, benchEngine, otelcache.WithMeterProvider(mp), untraced)
			b.ReportAllocs()
			for b.Loop() {
				monitored{m}.retrieve(b.Context(), benchWork)
			}
		})
	}
}

// BenchmarkEngines shows what more engines in a process cost a retrieve: their
// series compete for the processor's cache, and nothing else.
func BenchmarkEngines(b *testing.B) {
	for _, engines := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("engines=%d", engines), func(b *testing.B) {
			mp := sdkMeterProvider()
			monitors := make([]monitored, engines)
			for i := range monitors {
				e := benchEngine
				e.WorkerID = strconv.Itoa(i)
				monitors[i] = monitored{openMonitor(b, e, otelcache.WithMeterProvider(mp), untraced)}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				monitors[i%engines].retrieve(b.Context(), benchWork)
			}
		})
	}
}

// BenchmarkCursor shows that reading statistics costs the same after few and
// after many requests.
func BenchmarkCursor(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("requests=%d", n), func(b *testing.B) {
			m := openMonitor(b, benchEngine, noProviders...)
			cursor := m.Cursor()
			for range n {
				monitored{m}.retrieve(b.Context(), benchWork)
				monitored{m}.store(b.Context(), benchWork)
			}
			cursor.Next()
			b.ReportAllocs()
			for b.Loop() {
				monitored{m}.retrieve(b.Context(), benchWork)
				cursor.Next()
			}
		})
	}
}

// BenchmarkMemory reports the bytes that a monitor and its instruments keep
// after many requests.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{10_000, 10_000_000} {
		b.Run(fmt.Sprintf("requests=%d", n), func(b *testing.B) {
			for b.Loop() {
				before := bytesInUse()
				m := openMonitor(b, benchEngine, otelcache.WithMeterProvider(sdkMeterProvider()), untraced)
				for range n {
					monitored{m}.lookup(b.Context(), benchWork)
				}
				b.ReportMetric(float64(bytesInUse()-before), "bytes-in-use")
				runtime.KeepAlive(m)
				_ = m.Close()
			}
		})
	}
}

func bytesInUse() int64 {
	runtime.GC()
	runtime.GC() // the first finds what the second frees
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapInuse)
}
