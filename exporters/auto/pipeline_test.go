// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/console"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otlptest"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
	"github.com/lmcache-go/lmcache-otel/views"
)

func TestMain(m *testing.M) {
	for _, entry := range os.Environ() { // the tests say what is set
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}

func environment(t *testing.T, variables map[string]string) {
	t.Helper()
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// retrieves is how many retrieves a workload makes, of 256 tokens with 128 hits, each with one phase.
const retrieves = 5

// run makes a workload and shuts the pipeline down.
func run(t *testing.T, p *auto.Pipeline) {
	t.Helper()
	mon := record(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	mon.Close()
}

func record(t *testing.T, p *auto.Pipeline) *otelcache.Monitor {
	t.Helper()
	mon, err := otelcache.New(otelcache.Engine{ModelName: "m", WorkerID: "0"},
		otelcache.WithMeterProvider(p.MeterProvider()), otelcache.WithTracerProvider(p.TracerProvider()))
	if err != nil {
		t.Fatal(err)
	}
	for range retrieves {
		ctx, retrieve := mon.StartRetrieve(t.Context(), 256)
		_, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
		phase.End()
		retrieve.Finish(128)
	}
	mon.RecordRemoteRead(1000)
	mon.RecordRemoteGetTime(t.Context(), 12*time.Millisecond)
	mon.AddPinnedObjects(3)
	return mon
}

func TestEnvironment(t *testing.T) {
	for name, start := range map[string]func(testing.TB, *tls.Config) *otlptest.Receiver{"grpc": otlptest.GRPC, "http/protobuf": otlptest.HTTP} {
		for _, exporter := range []string{"", "otlp", "otlp,console"} {
			t.Run(name+" "+exporter, func(t *testing.T) {
				silenceStdout(t)
				receiver := start(t, nil)
				environment(t, map[string]string{
					"OTEL_METRICS_EXPORTER": exporter, "OTEL_TRACES_EXPORTER": exporter,
					"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": name,
					"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20secret", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
				})
				p, err := auto.New(t.Context(), auto.WithServiceName("kv-router"))
				if err != nil {
					t.Fatal(err)
				}
				run(t, p)
				if got := value(t, receiver.Metrics()["lmcache.retrieve.hit_tokens"]); got != retrieves*128 {
					t.Errorf("%v hit tokens arrived, want %d", got, retrieves*128)
				}
				if got := len(receiver.Spans()); got != 2*retrieves {
					t.Errorf("%d spans arrived, want %d", got, 2*retrieves)
				}
				if got := p.DroppedSpans(); got != 0 {
					t.Errorf("%d spans dropped", got)
				}
				if !hasExemplar(receiver, "lmcache.retrieve.duration") {
					t.Error("no duration leads to the trace of its request")
				}
				if !receiver.HasService("kv-router") {
					t.Error("the service's name did not arrive")
				}
				if !receiver.EveryRequestHas("authorization", "Bearer secret") {
					t.Error("the header did not arrive with every request")
				}
				if all, compressed := receiver.Requests(); all != compressed || all != 2 {
					t.Errorf("%d of %d requests were compressed, want 2 of 2", compressed, all)
				}
			})
		}
	}
}

// hasExemplar tells whether a histogram has an exemplar with the ids of a span that arrived.
func hasExemplar(r *otlptest.Receiver, name string) bool {
	for _, p := range r.Metrics()[name].GetHistogram().GetDataPoints() {
		for _, e := range p.Exemplars {
			for _, s := range r.Spans() {
				if bytes.Equal(e.TraceId, s.TraceId) && bytes.Equal(e.SpanId, s.SpanId) {
					return true
				}
			}
		}
	}
	return false
}

func silenceStdout(t *testing.T) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = null
	t.Cleanup(func() {
		os.Stdout = stdout
		_ = null.Close()
	})
}

func TestNothingIsSentUnasked(t *testing.T) {
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, is := p.MeterProvider().(*sdkmetric.MeterProvider); is {
		t.Error("there is a meter provider that nobody reads")
	}
	_, span := p.TracerProvider().Tracer("t").Start(t.Context(), "s")
	if span.IsRecording() {
		t.Error("there are spans that nobody exports")
	}
	run(t, p)

	// One signal's endpoint does not turn the other signal on.
	receiver := otlptest.HTTP(t, nil)
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", receiver.URL+"/v1/metrics")
	if p, err = auto.New(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if len(receiver.Metrics()) == 0 || len(receiver.Spans()) != 0 {
		t.Errorf("%d metrics and %d spans arrived, want metrics only", len(receiver.Metrics()), len(receiver.Spans()))
	}
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	if p, err = auto.New(t.Context()); err != nil {
		t.Fatal(err)
	}
	requests, _ := receiver.Requests()
	run(t, p)
	if after, _ := receiver.Requests(); after != requests {
		t.Error("metrics were sent in spite of none")
	}
}

func TestDisabled(t *testing.T) {
	receiver := otlptest.HTTP(t, nil)
	environment(t, map[string]string{"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL})
	bridge, err := prometheus.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := auto.New(t.Context(), auto.WithReader(bridge))
	if err != nil {
		t.Fatal(err)
	}
	mon := record(t, p)
	defer mon.Close()
	families, err := bridge.Gatherer().Gather()
	if err != nil {
		t.Errorf("a scrape fails: %v", err)
	}
	for _, f := range families {
		if strings.Contains(f.GetName(), "retrieve") {
			t.Errorf("%s was recorded", f.GetName())
		}
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := receiver.Requests(); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestServiceName(t *testing.T) {
	for _, test := range []struct {
		name, attributes, option, want string
	}{
		{"", "", "host", "host"},
		{"env", "", "host", "env"},
		{"", "service.name=attr,a=b", "host", "attr"},
		{"env", "service.name=attr", "host", "env"},
		{"", "", "", "unknown_service:auto.test"},
	} {
		receiver := otlptest.HTTP(t, nil)
		environment(t, map[string]string{
			"OTEL_SERVICE_NAME": test.name, "OTEL_RESOURCE_ATTRIBUTES": test.attributes, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL,
		})
		p, err := auto.New(t.Context(), auto.WithServiceName(test.option))
		if err != nil {
			t.Fatal(err)
		}
		run(t, p)
		if !receiver.HasService(test.want) {
			t.Errorf("%+v: the service has another name", test)
		}
	}
}

func TestSampler(t *testing.T) {
	receiver := otlptest.HTTP(t, nil)
	environment(t, map[string]string{"OTEL_TRACES_SAMPLER": "always_off", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL})
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if n := len(receiver.Spans()); n != 0 || p.DroppedSpans() != 0 {
		t.Errorf("%d spans arrived and %d were dropped, want none of either: none was sampled", n, p.DroppedSpans())
	}
}

func TestViews(t *testing.T) {
	receiver := otlptest.GRPC(t, nil)
	environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
	v, err := views.New(views.WithExponential(), views.WithDrop("lmcache.retrieve.requests"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := auto.New(t.Context(), auto.WithViews(v...))
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if receiver.Metrics()["lmcache.retrieve.duration"].GetExponentialHistogram() == nil {
		t.Error("lmcache.retrieve.duration is not exponential")
	}
	if receiver.Metrics()["lmcache.retrieve.requests"] != nil {
		t.Error("lmcache.retrieve.requests was not dropped")
	}
}

// lockedBuffer is a buffer that a reader's goroutine writes to and the test reads.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func TestThreeReadersAgree(t *testing.T) {
	receiver := otlptest.GRPC(t, nil)
	environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
	bridge, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		t.Fatal(err)
	}
	var screen lockedBuffer
	written, err := console.NewReader(console.WithWriter(&screen))
	if err != nil {
		t.Fatal(err)
	}
	p, err := auto.New(t.Context(), auto.WithReader(bridge), auto.WithReader(written))
	if err != nil {
		t.Fatal(err)
	}
	mon := record(t, p)
	defer mon.Close()
	families, err := bridge.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	scraped := map[string]*dto.MetricFamily{}
	for _, f := range families {
		scraped[strings.TrimSuffix(f.GetName(), "_total")] = f
	}
	printed := consoleTotals(t, screen.Bytes())
	received := receiver.Metrics()
	compared := 0
	for _, m := range instruments.All() {
		if m.LMCache.Name == "" || received[m.Name] == nil {
			continue
		}
		compared++
		otlpCount, otlpTotal := pbTotals(received[m.Name])
		if got := printed[m.Name]; got.count != otlpCount || got.total != otlpTotal {
			t.Errorf("%s: console has %+v, OTLP %d and %v", m.Name, got, otlpCount, otlpTotal)
		}
		f := scraped[m.LMCache.Name]
		if f == nil {
			t.Errorf("%s was not scraped", m.LMCache.Name)
			continue
		}
		count, total := dtoTotals(f)
		if want := m.LMCache.Scale.Apply(otlpTotal); count != otlpCount || math.Abs(total-want) > 1e-9*math.Abs(want) {
			t.Errorf("%s: Prometheus has %d and %v, OTLP %d and %v", m.Name, count, total, otlpCount, want)
		}
	}
	if compared < 20 {
		t.Errorf("only %d metrics were compared", compared)
	}
	if got := value(t, received["lmcache.retrieve.requested_tokens"]); got != retrieves*256 {
		t.Errorf("%v requested tokens, want %d", got, retrieves*256)
	}
	if count, sum := pbTotals(received["lmcache.remote.get.duration"]); count != 1 || sum != 0.012 {
		t.Errorf("remote get: %d and %v s, want 1 and 0.012", count, sum)
	}
}

type totals struct {
	count uint64
	total float64
}

func consoleTotals(t *testing.T, output []byte) map[string]totals {
	t.Helper()
	var document struct {
		ScopeMetrics []struct {
			Metrics []struct {
				Name string
				Data struct {
					DataPoints []struct {
						Value float64
						Count uint64
						Sum   float64
					}
				}
			}
		}
	}
	if err := json.Unmarshal(output, &document); err != nil {
		t.Fatalf("console: %v", err)
	}
	all := map[string]totals{}
	for _, scope := range document.ScopeMetrics {
		for _, m := range scope.Metrics {
			var sum totals
			for _, p := range m.Data.DataPoints {
				sum.count += p.Count
				sum.total += p.Sum + p.Value
			}
			all[m.Name] = sum
		}
	}
	return all
}

func pbTotals(m *metricspb.Metric) (count uint64, total float64) {
	points := m.GetSum().GetDataPoints()
	points = append(points, m.GetGauge().GetDataPoints()...)
	for _, p := range points {
		total += p.GetAsDouble() + float64(p.GetAsInt())
	}
	for _, p := range m.GetHistogram().GetDataPoints() {
		count += p.GetCount()
		total += p.GetSum()
	}
	return count, total
}

func dtoTotals(f *dto.MetricFamily) (count uint64, total float64) {
	for _, m := range f.Metric {
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetHistogram().GetSampleSum()
		count += m.GetHistogram().GetSampleCount()
	}
	return count, total
}

func value(t *testing.T, m *metricspb.Metric) float64 {
	t.Helper()
	if m == nil {
		t.Fatal("the metric did not arrive")
	}
	_, total := pbTotals(m)
	return total
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		for name, address := range map[string]func(testing.TB) string{"unreachable": otlptest.Unreachable, "black hole": otlptest.BlackHole} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				endpoint := "http://" + address(t)
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				environment(t, map[string]string{
					"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				})
				var screen lockedBuffer
				written, err := console.NewReader(console.WithWriter(&screen))
				if err != nil {
					t.Fatal(err)
				}
				p, err := auto.New(t.Context(), auto.WithReader(written))
				if err != nil {
					t.Fatal(err)
				}
				mon := record(t, p)
				defer mon.Close()
				const patience = 500 * time.Millisecond
				flush, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				started := time.Now()
				if err := p.ForceFlush(flush); err == nil {
					t.Error("ForceFlush told nothing")
				}
				if d := time.Since(started); d > patience+time.Second {
					t.Errorf("ForceFlush took %v, its context %v", d, patience)
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				started = time.Now()
				err = p.Shutdown(ctx)
				if d := time.Since(started); d > patience+time.Second {
					t.Errorf("Shutdown took %v, its context %v", d, patience)
				}
				if err == nil || !strings.Contains(err.Error(), "metrics") {
					t.Errorf("Shutdown gave %v, want an error about metrics", err)
				}
				if got := p.DroppedSpans(); got != 2*retrieves {
					t.Errorf("%d spans dropped, want %d", got, 2*retrieves)
				}
				// The one that hangs did not take the other's time.
				if got := consoleTotals(t, lastLine(&screen))["lmcache.retrieve.hit_tokens"].total; got != retrieves*128 {
					t.Errorf("the console has %v hit tokens, want %d", got, retrieves*128)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Errorf("the second Shutdown gave %v", err)
				}
			})
		}
	}
}

// While the receiver is away the spans of that time are lost, and counted; the totals of metrics are not.
func TestReceiverIsAwayForAWhile(t *testing.T) {
	for protocol, start := range map[string]func(testing.TB, *tls.Config) *otlptest.Receiver{"grpc": otlptest.GRPC, "http/protobuf": otlptest.HTTP} {
		t.Run(protocol, func(t *testing.T) {
			receiver := start(t, nil)
			environment(t, map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				// so long an export is tried again
				"OTEL_BSP_EXPORT_TIMEOUT": "500", "OTEL_METRIC_EXPORT_TIMEOUT": "500",
			})
			p, err := auto.New(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			receiver.SetAway(true)
			mon := record(t, p)
			defer mon.Close()
			if err := p.ForceFlush(t.Context()); err == nil || !strings.Contains(err.Error(), "traces") || !strings.Contains(err.Error(), "metrics") {
				t.Errorf("ForceFlush gave %v, want what happened to traces and metrics", err)
			}
			receiver.SetAway(false)
			_, retrieve := mon.StartRetrieve(t.Context(), 256)
			retrieve.Finish(128)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := value(t, receiver.Metrics()["lmcache.retrieve.hit_tokens"]); got != (retrieves+1)*128 {
				t.Errorf("%v hit tokens arrived, want %d", got, (retrieves+1)*128)
			}
			if got := len(receiver.Spans()); got != 1 {
				t.Errorf("%d spans arrived, want 1", got)
			}
			if got := p.DroppedSpans(); got != 2*retrieves {
				t.Errorf("%d spans dropped, want %d", got, 2*retrieves)
			}
		})
	}
}

// A callback of the host that hangs is not waited for either.
func TestShutdownDoesNotWaitForCallbacks(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	written, err := console.NewReader(console.WithWriter(&lockedBuffer{}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := auto.New(t.Context(), auto.WithReader(written))
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	defer close(release)
	if _, err := p.MeterProvider().Meter("host").Int64ObservableGauge("stuck",
		metric.WithInt64Callback(func(context.Context, metric.Int64Observer) error {
			<-release
			return nil
		})); err != nil {
		t.Fatal(err)
	}
	const patience = 100 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	started := time.Now()
	if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown gave %v, want the end of its context", err)
	}
	if d := time.Since(started); d > patience+time.Second {
		t.Errorf("Shutdown took %v, its context %v", d, patience)
	}
}

// The Prometheus server of autoexport ends with the pipeline.
func TestPrometheusServer(t *testing.T) {
	address := otlptest.Unreachable(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	environment(t, map[string]string{
		"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_HOST": "127.0.0.1", "OTEL_EXPORTER_PROMETHEUS_PORT": port,
	})
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mon := record(t, p)
	defer mon.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(page), "lmcache_retrieve_hit_tokens_total{") {
		t.Errorf("the page lacks our metrics (%v): %s", err, page)
	}
	_, err = auto.New(t.Context())
	if err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_PROMETHEUS_PORT") || !strings.Contains(err.Error(), address) {
		t.Errorf("a port that is taken gave %v", err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if response, err := client.Get("http://" + address + "/metrics"); err == nil {
		response.Body.Close()
		t.Error("the server is still there after Shutdown")
	}
}

func lastLine(b *lockedBuffer) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	return lines[len(lines)-1]
}

func TestGlobalsAreLeftAlone(t *testing.T) {
	receiver := otlptest.HTTP(t, nil)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	meters, tracers, propagator := otel.GetMeterProvider(), otel.GetTracerProvider(), otel.GetTextMapPropagator()
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if otel.GetMeterProvider() != meters || otel.GetTracerProvider() != tracers || otel.GetTextMapPropagator() != propagator {
		t.Error("a global was changed")
	}
}

func TestPropagator(t *testing.T) {
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Propagator().Fields()); !strings.Contains(got, "traceparent") || !strings.Contains(got, "baggage") {
		t.Errorf("fields are %v, want those of W3C", got)
	}
	t.Setenv("OTEL_PROPAGATORS", "b3")
	if p, err = auto.New(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Propagator().Fields()); !strings.Contains(got, "b3") {
		t.Errorf("fields are %v, want b3", got)
	}
}

func TestNilOptions(t *testing.T) {
	if _, err := auto.New(t.Context(), nil); err != nil {
		t.Errorf("a nil option gave %v", err)
	}
	for want, opt := range map[string]auto.Option{"WithReader": auto.WithReader(nil), "WithViews": auto.WithViews(nil)} {
		if _, err := auto.New(t.Context(), opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s of nil gave %v", want, err)
		}
	}
}

// Everything that can be called at any time is, under the race detector.
func TestConcurrentSafe(t *testing.T) {
	receiver := otlptest.HTTP(t, nil)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tracer := p.TracerProvider().Tracer("t")
	const each = 200
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range each {
				_, span := tracer.Start(t.Context(), "s")
				span.End()
			}
		})
		wg.Go(func() {
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			p.DroppedSpans()
		})
	}
	wg.Wait()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(receiver.Spans()) + int(p.DroppedSpans()); got != 4*each {
		t.Errorf("%d spans arrived or were dropped, want %d", got, 4*each)
	}
}

func ExampleNew() {
	ctx := context.Background()
	pipeline, err := auto.New(ctx, auto.WithServiceName("kv-router"))
	if err != nil {
		fmt.Println(err)
		return
	}
	monitor, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"},
		otelcache.WithMeterProvider(pipeline.MeterProvider()), otelcache.WithTracerProvider(pipeline.TracerProvider()))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, lookup := monitor.StartLookup(ctx, 256)
	lookup.Finish(128)
	// The pipeline first: a closed monitor has nothing left to send.
	fmt.Println(errors.Join(pipeline.Shutdown(ctx), monitor.Close()), pipeline.DroppedSpans())
	// Output: <nil> 0
}

// A service that Prometheus scrapes, and that pushes as well when the environment says where to.
func ExampleWithReader() {
	ctx := context.Background()
	bridge, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		fmt.Println(err)
		return
	}
	pipeline, err := auto.New(ctx, auto.WithReader(bridge))
	if err != nil {
		fmt.Println(err)
		return
	}
	monitor, err := otelcache.New(otelcache.Engine{ModelName: "llama-3-70b"}, otelcache.WithMeterProvider(pipeline.MeterProvider()))
	if err != nil {
		fmt.Println(err)
		return
	}
	http.Handle("/metrics", bridge.Handler())

	_, lookup := monitor.StartLookup(ctx, 256)
	lookup.Finish(128)
	families, err := bridge.Gatherer().Gather()
	fmt.Println(len(families), err)
	fmt.Println(errors.Join(pipeline.Shutdown(ctx), monitor.Close()))
	// Output:
	// 94 <nil>
	// <nil>
}

// TestDefaultEndpoint checks that OTLP without an endpoint goes to this machine in plaintext, as the specification has it.
func TestDefaultEndpoint(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:4318")
	if err != nil {
		t.Skipf("the port of the default endpoint is taken: %v", err)
	}
	paths := make(chan string, 100)
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.URL.Path })}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		_ = server.Close()
		<-served
	}()
	environment(t, map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp"})
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	close(paths)
	got := map[string]bool{}
	for path := range paths {
		got[path] = true
	}
	if !got["/v1/traces"] || !got["/v1/metrics"] {
		t.Errorf("got requests for %v, want /v1/traces and /v1/metrics", got)
	}
}
