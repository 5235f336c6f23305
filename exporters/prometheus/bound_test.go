// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestHostCallbacksWithBound: a callback of the host that fails costs nothing of
// this module; one that panics costs its scrape.
func TestHostCallbacksWithBound(t *testing.T) {
	for name, v := range vocabularies {
		t.Run(name, func(t *testing.T) {
			handled := handled(t)
			b := newBoundBridge(t, v)
			hostMetrics(t, b.provider)
			mon := b.monitor(t, llama)
			feed(t.Context(), t, mon)
			before := moduleLines(b.text(t))

			panics := false
			callback := func(context.Context, metric.Int64Observer) error {
				if panics {
					panic("broken")
				}
				return errors.New("no answer")
			}
			if _, err := b.provider.Meter("failing").Int64ObservableGauge("gauge", metric.WithInt64Callback(callback)); err != nil {
				t.Fatal(err)
			}
			wantLines := func() {
				t.Helper()
				if got := moduleLines(b.text(t)); !slices.Equal(got, before) || len(got) == 0 {
					t.Errorf("beside a callback that fails the page has\n%q\nwant\n%q", got, before)
				}
			}
			wantLines()
			wantHandled(t, handled, "no answer")
			panics = true
			fails(t, b, handled, "panic: broken")
			panics = false
			wantLines()
		})
	}
}

// moduleLines returns the lines of this module's metrics.
func moduleLines(text string) (lines []string) {
	for line := range strings.Lines(settled(text)) {
		if strings.HasPrefix(line, "lmcache") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// TestProducerThatFails: what a producer returns beside an error is shown, and
// the error is reported.
func TestProducerThatFails(t *testing.T) {
	handled := handled(t)
	b := newBoundBridge(t, both)
	mon := b.monitor(t, llama)
	mon.StartLookup(t.Context(), 1)
	meter := b.meters().Meter("github.com/lmcache-go/lmcache-otel/otelcache")
	callback := func(context.Context, metric.Int64Observer) error { return errors.New("no answer") }
	if _, err := meter.Int64ObservableGauge("ours", metric.WithInt64Callback(callback)); err != nil {
		t.Fatal(err)
	}
	if got := number(b.page(t).series(t, "lmcache:num_lookup_requests_total", llama)); got != 1 {
		t.Errorf("%v lookups, want 1", got)
	}
	if got := handled(); !strings.Contains(got, "no answer") {
		t.Errorf("the error handler got %q, want the callback's error", got)
	}
}

// TestProducedIsLetGo: between pages, the exporter keeps nothing of what was
// produced, which is as large as a page.
func TestProducedIsLetGo(t *testing.T) {
	for name, v := range vocabularies {
		t.Run(name, func(t *testing.T) {
			p := &spy{Producer: bound.New()}
			b := newBridgeWith(t, []prometheus.Option{prometheus.WithVocabulary(v...), prometheus.WithBound(p)})
			b.bound = p.Producer
			b.monitor(t, llama).RecordRemoteGetTime(t.Context(), time.Second)
			if gather(t, b); p.produced == (weak.Pointer[metricdata.Metrics]{}) {
				t.Fatal("nothing was produced")
			}
			for range 3 { // OpenTelemetry's exporter has a pool, which outlives a collection or two
				runtime.GC()
			}
			if m := p.produced.Value(); m != nil {
				t.Errorf("after the page there still is %s", m.Name)
			}
			runtime.KeepAlive(b.exporter)
		})
	}
}

// spy is a producer that remembers what it produced, and does not keep it.
type spy struct {
	*bound.Producer
	produced weak.Pointer[metricdata.Metrics]
}

func (s *spy) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	scopes, err := s.Producer.Produce(ctx)
	s.produced = weak.Make(&scopes[0].Metrics[0])
	return scopes, err
}

// aspect is a metric, whatever its kind.
type aspect interface{ Metric() instruments.Metric }

// bounded has metrics that together never exceed another one: a histogram by its
// count, with failed operations natively.
var bounded = []struct {
	parts []aspect
	whole instruments.Counter
}{
	{[]aspect{instruments.LookupDuration, instruments.LookupCancelled}, instruments.LookupRequests},
	{[]aspect{instruments.LookupFailures, instruments.LookupCancelled}, instruments.LookupRequests},
	{[]aspect{instruments.LookupRequestHitRate, instruments.LookupZeroHitRequests, instruments.LookupCancelled}, instruments.LookupRequests},
	{[]aspect{instruments.LookupHitTokens}, instruments.LookupRequestedTokens},
	{[]aspect{instruments.RetrieveDuration, instruments.RetrieveCancelled}, instruments.RetrieveRequests},
	{[]aspect{instruments.RetrieveSpeed, instruments.RetrieveFailures, instruments.RetrieveCancelled}, instruments.RetrieveRequests},
	{[]aspect{instruments.RetrieveToGPUDuration, instruments.RetrieveFailures}, instruments.RetrieveRequests},
	{[]aspect{instruments.RetrieveSlowByTime}, instruments.RetrieveRequests},
	{[]aspect{instruments.RetrieveHitTokens}, instruments.RetrieveRequestedTokens},
	{[]aspect{instruments.StoreDuration, instruments.StoreCancelled}, instruments.StoreRequests},
	{[]aspect{instruments.StorePutDuration, instruments.StoreFailures}, instruments.StoreRequests},
	{[]aspect{instruments.P2PTransferDuration, instruments.P2PTransferCancelled}, instruments.P2PTransferRequests},
}

// TestPageIsOneMoment: on no page of bound instruments is more finished than was
// started, more hit than was requested, or a histogram's count other than that of
// its buckets, while 16 goroutines record.
func TestPageIsOneMoment(t *testing.T) {
	scrapes := 10_000
	if testing.Short() || raceEnabled {
		scrapes = 1000
	}
	if testing.Short() && raceEnabled {
		scrapes = 200
	}
	b := newBoundBridge(t, both)
	monitors := []*otelcache.Monitor{b.monitor(t, llama, slow...), b.monitor(t, mistral, slow...)}
	var stop atomic.Bool
	var recording sync.WaitGroup
	for i := range 16 {
		recording.Go(func() {
			for n := 0; !stop.Load(); n++ {
				operate(t.Context(), monitors[(i+n)%2], n)
				runtime.Gosched() // or a scrape waits for the time slices of 16 goroutines
			}
		})
	}
	moment := newMoment()
	for n := 0; n < scrapes && !t.Failed(); n++ {
		moment.check(t, gather(t, b))
	}
	stop.Store(true)
	recording.Wait()
	moment.check(t, gather(t, b))
	for _, c := range bounded {
		for _, metric := range append(c.parts, c.whole) {
			if moment.seen[metric.Metric().Name] == 0 {
				t.Errorf("%s was 0 throughout", metric.Metric().Name)
			}
		}
	}
}

func gather(t *testing.T, b bridge) []*dto.MetricFamily {
	t.Helper()
	families, err := b.exporter.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

var errBroken = errors.New("broken")

// operate runs one operation of each kind, which ends in the n-th way.
func operate(ctx context.Context, mon *otelcache.Monitor, n int) {
	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	_, lookup := mon.StartLookup(cancelled, 100)
	_, retrieve := mon.StartRetrieve(cancelled, 100)
	_, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
	phase.End()
	_, store := mon.StartStore(cancelled, 100)
	_, phase = store.StartPhase(ctx, otelcache.Put)
	phase.End()
	_, transfer := mon.StartTransfer(cancelled, 100, "peer")
	switch n % 8 {
	case 0:
		lookup.Fail(errBroken)
		retrieve.Fail(errBroken)
		store.Fail(errBroken)
		transfer.Fail(errBroken)
	case 1:
		lookup.Abandon()
		retrieve.Abandon()
		store.Abandon()
		transfer.Abandon()
	default:
		lookup.Finish(100 * (n % 2))
		retrieve.Finish(100)
		store.Finish(otelcache.AllTokens)
		transfer.Finish()
	}
}

// moment checks pages.
type moment struct {
	names map[string][]string // those of a metric in each vocabulary
	seen  map[string]float64  // the last value of a metric, natively
}

func newMoment() moment {
	m := moment{map[string][]string{}, map[string]float64{}}
	for _, metric := range instruments.All() {
		m.names[metric.Name] = []string{prometheus.OTel.FamilyName(metric), prometheus.LMCache.FamilyName(metric)}
	}
	return m
}

func (m moment) check(t *testing.T, families []*dto.MetricFamily) {
	t.Helper()
	values := map[string]map[string]float64{} // by family and model
	for _, f := range families {
		byModel := map[string]float64{}
		for _, s := range f.GetMetric() {
			label := labels(s)
			model := label["model_name"] + label["gen_ai_request_model"]
			h := s.GetHistogram()
			byModel[model] += number(s) + float64(h.GetSampleCount())
			// OpenTelemetry's exporter leaves the last bucket out, which is the count.
			last := uint64(0)
			for i, bucket := range h.GetBucket() {
				if n := bucket.GetCumulativeCount(); n < last || n > h.GetSampleCount() {
					t.Errorf("%s of %s: bucket %d of %v", f.GetName(), model, i, h)
				}
				last = bucket.GetCumulativeCount()
			}
			if strings.HasPrefix(f.GetName(), "lmcache:") && last != h.GetSampleCount() {
				t.Errorf("%s of %s has the count %d and %d in its buckets", f.GetName(), model, h.GetSampleCount(), last)
			}
		}
		values[f.GetName()] = byModel
	}
	for _, c := range bounded {
		for i, whole := range m.names[c.whole.String()] {
			for model, limit := range values[whole] {
				sum, names := 0.0, []string(nil)
				for _, part := range c.parts {
					name := m.names[part.Metric().Name][i]
					if name != "" {
						names = append(names, name)
						sum += values[name][model]
					}
					if i == 0 {
						m.seen[part.Metric().Name] = values[name][model]
						m.seen[c.whole.String()] = limit
					}
				}
				if sum > limit {
					t.Errorf("%s of %s: %v, want at most the %v of %s", strings.Join(names, " and "), model, sum, limit, whole)
				}
			}
		}
	}
}
