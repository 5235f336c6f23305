// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handled returns what goes to OpenTelemetry's error handler until the test
// ends.
func handled(t *testing.T) func() string {
	t.Helper()
	var mu sync.Mutex
	var text strings.Builder
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		text.WriteString(err.Error() + "\n")
	}))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

// fails checks that a scrape is answered with a reason, which also goes to the
// error handler.
func fails(t *testing.T, b bridge, handled func() string, reason string) {
	t.Helper()
	answer := b.get()
	if answer.Code != http.StatusInternalServerError || !strings.Contains(answer.Body.String(), reason) {
		t.Errorf("status %d and %q, want 500 and %q", answer.Code, answer.Body, reason)
	}
	if got := handled(); !strings.Contains(got, reason) {
		t.Errorf("the error handler got %q, want %q", got, reason)
	}
	if families, err := b.exporter.Gatherer().Gather(); err == nil || len(families) != 0 {
		t.Errorf("Gather gives %d families and the error %v, want an error alone", len(families), err)
	}
}

func TestScrapeAfterShutdown(t *testing.T) {
	for name, v := range vocabularies {
		t.Run(name, func(t *testing.T) {
			handled := handled(t)
			b := newBridge(t, v)
			b.monitor(t, llama)
			if err := b.provider.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			b.text(t)
			if err := b.provider.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			fails(t, b, handled, sdkmetric.ErrReaderShutdown.Error())
			if err := b.exporter.Shutdown(t.Context()); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
				t.Errorf("the second Shutdown gives %v, want ErrReaderShutdown as of the SDK's readers", err)
			}
		})
	}
}

func TestScrapeWithoutMeterProvider(t *testing.T) {
	handled := handled(t)
	exporter, err := prometheus.New()
	if err != nil {
		t.Fatal(err)
	}
	fails(t, bridge{exporter: exporter}, handled, sdkmetric.ErrReaderNotRegistered.Error())
}

// TestHostCallbacks: one of the host's own that panics costs the scrape, not
// the process; one that fails costs its metric; one that feeds a gauge through
// a monitor costs its reading, whatever it does.
func TestHostCallbacks(t *testing.T) {
	for name, v := range vocabularies {
		t.Run(name, func(t *testing.T) {
			handled := handled(t)
			b := newBridge(t, v)
			mon := b.monitor(t, llama)
			mon.StartLookup(t.Context(), 1)
			if _, err := mon.Observe(instruments.Healthy, func() float64 { panic("no reading") }); err != nil {
				t.Fatal(err)
			}
			failing := true
			callback := func(_ context.Context, o metric.Int64Observer) error {
				if failing {
					return errors.New("no answer")
				}
				panic("broken")
			}
			if _, err := b.provider.Meter("host").Int64ObservableGauge("host.gauge", metric.WithInt64Callback(callback)); err != nil {
				t.Fatal(err)
			}
			if text := b.text(t); !strings.Contains(text, "lookup_requests_total{") {
				t.Errorf("the page lacks lookups:\n%s", text)
			}
			for _, want := range []string{"no answer", "no reading"} {
				if got := handled(); !strings.Contains(got, want) {
					t.Errorf("the error handler got %q, want %q", got, want)
				}
			}
			failing = false
			fails(t, b, handled, "panic: broken")
			failing = true
			b.text(t) // scrapes go on
		})
	}
}

// TestRepeatedSeries: a page that Prometheus would refuse is an error, as with
// OpenTelemetry's own exporter.
func TestRepeatedSeries(t *testing.T) {
	handled := handled(t)
	b := newBridge(t, native)
	for _, name := range []string{"host.work", "host_work"} {
		counter, err := b.provider.Meter("host").Int64Counter(name)
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 1)
	}
	answer := b.get()
	if want := "was collected before"; answer.Code != http.StatusInternalServerError || !strings.Contains(handled(), want) {
		t.Errorf("status %d and %q handled, want 500 and %q", answer.Code, handled(), want)
	}
}

func TestCompression(t *testing.T) {
	b := newBridge(t, lmcache)
	b.monitor(t, llama)
	answer := b.get("Accept-Encoding", "gzip")
	if got := answer.Header().Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("the encoding is %q, want gzip", got)
	}
	compressed := answer.Body.Len()
	reader, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if want := b.text(t); string(text) != want || compressed >= len(want) {
		t.Errorf("%d bytes unpack to %d, want the %d of the page", compressed, len(text), len(want))
	}
}

// TestScrapeConcurrentSafe: scrapes and Gather while engines record, come and
// go. Counters never fall.
func TestScrapeConcurrentSafe(t *testing.T) {
	b := newBridge(t, both)
	mon := b.monitor(t, llama)
	stop := make(chan struct{})
	var recording sync.WaitGroup
	for range 2 {
		recording.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, lookup := mon.StartLookup(sampled(), 10)
				lookup.Finish(5)
				mon.RecordRemoteGetTime(sampled(), time.Millisecond)
			}
		})
	}
	recording.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			other, err := otelcache.New(mistral, otelcache.WithMeterProvider(b.provider), otelcache.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Error(err)
				return
			}
			other.RecordRemoteGetTime(context.Background(), time.Millisecond)
			if err := other.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	var scraping sync.WaitGroup
	for range 3 {
		scraping.Go(func() {
			var last float64
			for range 8 {
				p := b.page(t)
				now := number(p.series(t, "lmcache:num_lookup_requests_total", llama))
				h := p.series(t, "lmcache:remote_time_to_get", llama).GetHistogram()
				if buckets := h.GetBucket(); now < last || buckets[len(buckets)-1].GetCumulativeCount() != h.GetSampleCount() {
					t.Errorf("%v lookups after %v, and %v", now, last, h)
				}
				last = now
				if _, err := b.exporter.Gatherer().Gather(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	scraping.Wait()
	close(stop)
	recording.Wait()
}

func TestVocabulary(t *testing.T) {
	for name, test := range map[string]struct {
		opts          []prometheus.Option
		otel, lmcache bool
	}{
		"nothing":    {[]prometheus.Option{nil}, true, false},
		"none":       {[]prometheus.Option{prometheus.WithVocabulary()}, true, false},
		"zero":       {[]prometheus.Option{prometheus.WithVocabulary(prometheus.Vocabulary{})}, true, false},
		"repeated":   {[]prometheus.Option{prometheus.WithVocabulary(slices.Repeat(both, 2)...)}, true, true},
		"last given": {[]prometheus.Option{prometheus.WithVocabulary(both...), prometheus.WithVocabulary(lmcache...)}, false, true},
	} {
		b := newBridgeWith(t, test.opts)
		b.monitor(t, llama)
		text := b.text(t)
		otelNames, lmcacheNames := strings.Count(text, "# TYPE lmcache_lookup_requests_total "), strings.Count(text, "# TYPE lmcache:num_lookup_requests_total ")
		if otelNames == 1 != test.otel || lmcacheNames == 1 != test.lmcache || otelNames+lmcacheNames > 2 {
			t.Errorf("%s: lookup requests %d times natively and %d times under LMCache's name", name, otelNames, lmcacheNames)
		}
	}
}

// TestVocabulariesAgree: one collection feeds all vocabularies, so that a value that
// changes from one to the next is the same in both.
func TestVocabulariesAgree(t *testing.T) {
	b := newBridge(t, both)
	mon := b.monitor(t, llama)
	calls := 0.0
	if _, err := mon.Observe(instruments.RemotePutTasks, func() float64 {
		calls++
		mon.StartLookup(t.Context(), 1)
		return calls
	}); err != nil {
		t.Fatal(err)
	}
	for scrape := 1.0; scrape <= 3; scrape++ {
		p := b.page(t)
		for _, name := range []string{"lmcache_remote_put_tasks", "lmcache:remote_put_task_num"} {
			if got := number(p[name].GetMetric()[0]); got != scrape {
				t.Errorf("scrape %v: %s is %v, want %v", scrape, name, got, scrape)
			}
		}
		if o, l := number(p["lmcache_lookup_requests_total"].GetMetric()[0]), number(p["lmcache:num_lookup_requests_total"].GetMetric()[0]); o != l {
			t.Errorf("scrape %v: %v lookups natively, %v under LMCache's name", scrape, o, l)
		}
	}
}

// An exporter keeps the first meter provider that it was given to.
func TestSecondMeterProvider(t *testing.T) {
	e, err := prometheus.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(e))
		counter, err := mp.Meter("host").Int64Counter(name)
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 1)
	}
	families, err := e.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	if !slices.Contains(names, "first_total") || slices.Contains(names, "second_total") {
		t.Errorf("the page has %v, want first_total and not second_total", names)
	}
}

// TestCountersAfterAPanic scrapes after a callback of the host panicked: what
// the SDK had observed until then must not be counted again.
func TestCountersAfterAPanic(t *testing.T) {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	mon := newMonitor(t, provider, otelcache.Engine{ModelName: "llama"})
	mon.RecordEviction(100)
	panics := 2
	meter := provider.Meter("host")
	gauge, err := meter.Int64ObservableGauge("host")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := meter.RegisterCallback(func(context.Context, metric.Observer) error {
		if panics--; panics >= 0 {
			panic("host")
		}
		return nil
	}, gauge); err != nil {
		t.Fatal(err)
	}
	var values []float64
	for range 4 {
		families, err := exporter.Gatherer().Gather()
		if err != nil {
			continue
		}
		for _, f := range families {
			if f.GetName() == "lmcache:local_cpu_evict_keys_count_total" {
				values = append(values, f.GetMetric()[0].GetCounter().GetValue())
			}
		}
	}
	if len(values) == 0 || slices.ContainsFunc(values, func(v float64) bool { return v != 100 }) {
		t.Errorf("got %v, want 100 at each scrape that succeeds", values)
	}
}
