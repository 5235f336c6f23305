// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var llama = otelcache.Engine{ModelName: "llama", WorkerID: "0", Role: "worker", ServedModelName: "chat"}

// bridge is an exporter and what it reads.
type bridge struct {
	exporter *prometheus.Exporter
	provider *sdkmetric.MeterProvider
	bound    *bound.Producer // nil if monitors have the SDK's instruments
}

type newBridgeFunc func(testing.TB, []prometheus.Vocabulary, ...sdkmetric.Option) bridge

// bridges makes a bridge by the instruments that monitors have.
var bridges = map[string]newBridgeFunc{"sdk": newBridge, "bound": newBoundBridge}

// withEachBridge runs a test with all of them.
func withEachBridge(t *testing.T, test func(*testing.T, newBridgeFunc)) {
	for name, newBridge := range bridges {
		t.Run(name, func(t *testing.T) { test(t, newBridge) })
	}
}

// The vocabularies of pages, and the names of the tests with them.
var (
	native       = []prometheus.Vocabulary{prometheus.OTel}
	lmcache      = []prometheus.Vocabulary{prometheus.LMCache}
	both         = []prometheus.Vocabulary{prometheus.OTel, prometheus.LMCache}
	vocabularies = map[string][]prometheus.Vocabulary{"otel": native, "lmcache": lmcache, "both": both}
)

func newBridge(tb testing.TB, v []prometheus.Vocabulary, opts ...sdkmetric.Option) bridge {
	tb.Helper()
	return newBridgeWith(tb, []prometheus.Option{prometheus.WithVocabulary(v...)}, opts...)
}

func newBoundBridge(tb testing.TB, v []prometheus.Vocabulary, opts ...sdkmetric.Option) bridge {
	tb.Helper()
	producer := bound.New()
	b := newBridgeWith(tb, []prometheus.Option{prometheus.WithVocabulary(v...), prometheus.WithBound(producer)}, opts...)
	b.bound = producer
	return b
}

// newBridgeWithViews tells the exporter the views of the meter provider.
func newBridgeWithViews(tb testing.TB, v []prometheus.Vocabulary, view sdkmetric.View) bridge {
	tb.Helper()
	return newBridgeWith(tb, []prometheus.Option{prometheus.WithVocabulary(v...), prometheus.WithViews(nil, view)}, sdkmetric.WithView(view))
}

func newBoundBridgeWithViews(tb testing.TB, v []prometheus.Vocabulary, view sdkmetric.View) bridge {
	tb.Helper()
	producer := bound.New(bound.WithViews(view))
	own := []prometheus.Option{prometheus.WithVocabulary(v...), prometheus.WithViews(view), prometheus.WithBound(producer)}
	b := newBridgeWith(tb, own, sdkmetric.WithView(view))
	b.bound = producer
	return b
}

func newBridgeWith(tb testing.TB, own []prometheus.Option, opts ...sdkmetric.Option) bridge {
	tb.Helper()
	exporter, err := prometheus.New(own...)
	if err != nil {
		tb.Fatal(err)
	}
	b := bridge{exporter: exporter, provider: sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(exporter))...)}
	tb.Cleanup(func() {
		if err := b.provider.Shutdown(context.Background()); err != nil && !errors.Is(err, sdkmetric.ErrReaderShutdown) {
			tb.Error(err)
		}
	})
	return b
}

func (b bridge) monitor(tb testing.TB, e otelcache.Engine, opts ...otelcache.Option) *otelcache.Monitor {
	tb.Helper()
	return newMonitor(tb, b.meters(), e, opts...)
}

// meters returns the meter provider of monitors.
func (b bridge) meters() metric.MeterProvider {
	if b.bound == nil {
		return b.provider
	}
	return b.bound.MeterProvider(b.provider)
}

func newMonitor(tb testing.TB, mp metric.MeterProvider, e otelcache.Engine, opts ...otelcache.Option) *otelcache.Monitor {
	tb.Helper()
	mon, err := otelcache.New(e, append(opts, otelcache.WithMeterProvider(mp))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := mon.Close(); err != nil {
			tb.Error(err)
		}
	})
	return mon
}

// get asks for the page as a client with these request headers, and returns the
// answer.
func (b bridge) get(headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	b.exporter.Handler().ServeHTTP(answer, request)
	return answer
}

// text returns the page in Prometheus's text format.
func (b bridge) text(tb testing.TB) string {
	tb.Helper()
	answer := b.get()
	if answer.Code != http.StatusOK {
		tb.Fatalf("status %d, want 200: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

const openMetrics = "application/openmetrics-text; version=1.0.0"

// openMetrics returns the page as OpenMetrics.
func (b bridge) openMetrics(tb testing.TB) string {
	tb.Helper()
	answer := b.get("Accept", openMetrics)
	if answer.Code != http.StatusOK || !strings.HasPrefix(answer.Header().Get("Content-Type"), openMetrics) {
		tb.Fatalf("status %d and type %q, want 200 and OpenMetrics: %s", answer.Code, answer.Header().Get("Content-Type"), answer.Body)
	}
	return answer.Body.String()
}

// page is what a page says, by family.
type page map[string]*dto.MetricFamily

func (b bridge) page(tb testing.TB) page {
	tb.Helper()
	return parse(tb, b.text(tb))
}

func parse(tb testing.TB, text string) page {
	tb.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		tb.Fatalf("parse the page: %v", err)
	}
	return families
}

// series returns the series of an engine in a family of LMCache's vocabulary.
func (p page) series(tb testing.TB, family string, e otelcache.Engine) *dto.Metric {
	tb.Helper()
	if m := p.find(family, e); m != nil {
		return m
	}
	tb.Fatalf("%s has no series of %+v: %v", family, e, p[family])
	return nil
}

func (p page) find(family string, e otelcache.Engine) *dto.Metric {
	for _, m := range p[family].GetMetric() {
		if engineOf(m) == e {
			return m
		}
	}
	return nil
}

// engineOf reads LMCache's labels.
func engineOf(m *dto.Metric) otelcache.Engine {
	label := labels(m)
	return otelcache.Engine{
		ModelName: label["model_name"], WorkerID: label["worker_id"], Role: label["role"], ServedModelName: label["served_model_name"],
	}
}

func labels(m *dto.Metric) map[string]string {
	values := map[string]string{}
	for _, l := range m.GetLabel() {
		values[l.GetName()] = l.GetValue()
	}
	return values
}

// number returns the value of a counter or gauge.
func number(m *dto.Metric) float64 { return m.GetCounter().GetValue() + m.GetGauge().GetValue() }

// slow makes the retrieves of feed slow.
var slow = []otelcache.Option{
	otelcache.WithSlowRetrieve(time.Millisecond), otelcache.WithSlowRetrieveSpeed(1e9), otelcache.WithLogger(slog.New(slog.DiscardHandler)),
}

// feed gives every metric of the catalog a value that is not its idle one; the
// hit rates have theirs in the ten seconds after the current ten are over. It
// sleeps a few milliseconds, which a bubble of testing/synctest makes exact.
func feed(ctx context.Context, tb testing.TB, mon *otelcache.Monitor) {
	tb.Helper()
	lctx, lookup := mon.StartLookup(ctx, 1000)
	time.Sleep(2 * time.Millisecond)
	lookup.Finish(750)
	_, lookup = mon.StartLookup(lctx, 10)
	time.Sleep(time.Millisecond)
	lookup.Finish(0)

	rctx, retrieve := mon.StartRetrieve(ctx, 1000)
	start := time.Now()
	time.Sleep(3 * time.Millisecond)
	for i, phase := range []otelcache.PhaseName{
		otelcache.ProcessTokens, otelcache.Broadcast, otelcache.ToGPU, otelcache.RemoteBatchedGet, otelcache.ConnectorBatchedGet,
	} {
		retrieve.RecordPhase(phase, start, start.Add(time.Duration(i+1)*100*time.Microsecond))
	}
	verifyChecksums, err := otelcache.NewPhase("verify_checksums")
	if err != nil {
		tb.Fatal(err)
	}
	retrieve.RecordPhase(verifyChecksums, start, start.Add(600*time.Microsecond))
	retrieve.Finish(750)
	_, failed := mon.StartRetrieve(rctx, 100)
	time.Sleep(time.Millisecond)
	failed.Fail(errors.New("no memory"))

	_, store := mon.StartStore(ctx, 500)
	start = time.Now()
	time.Sleep(2 * time.Millisecond)
	for i, phase := range []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.FromGPU, otelcache.Put} {
		store.RecordPhase(phase, start, start.Add(time.Duration(i+1)*200*time.Microsecond))
	}
	store.Finish(otelcache.AllTokens)

	_, transfer := mon.StartTransfer(ctx, 256, "peer")
	time.Sleep(time.Millisecond)
	transfer.Finish()

	mon.RecordRemoteRead(3 << 20)
	mon.RecordRemoteWrite(5 << 20)
	mon.RecordRemoteGetTime(ctx, 12*time.Millisecond)
	mon.RecordRemotePutTime(ctx, 57*time.Millisecond)
	mon.RecordRemoteGetSyncTime(ctx, 101*time.Millisecond)
	mon.RecordPing(4*time.Millisecond, 0)
	mon.RecordPing(5*time.Millisecond, 7)
	mon.SetRemoteCacheUsage(7 << 30)
	mon.RecordEviction(3)
	mon.RecordEvictionFailures(2)
	mon.RecordForcedUnpins(4)
	mon.SetLocalCacheUsage(8 << 20)
	mon.SetLocalStorageUsage(9 << 20)
	mon.SetActiveObjects(11)
	mon.AddPinnedObjects(6)
	mon.RecordChunkReuse(ctx, 90*time.Second)
	mon.AddEngineHitTokens(13)
	mon.AddEnginePromptTokens(17)
	// The golden pages have this gauge as the sixth.
	gauges := slices.DeleteFunc(instruments.ObservableGauges(), func(g instruments.ObservableGauge) bool { return g == instruments.ChunkStatisticsBloomFilterSize })
	for i, g := range slices.Insert(gauges, 5, instruments.ChunkStatisticsBloomFilterSize) {
		observation, err := mon.Observe(g, func() float64 { return float64(i + 1) })
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(observation.Unregister)
	}
}

// sampled returns a context with a sampled span, for exemplars.
func sampled() context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xa1, 15: 0x01}, SpanID: trace.SpanID{0xb2, 7: 0x02}, TraceFlags: trace.FlagsSampled,
	}))
}
