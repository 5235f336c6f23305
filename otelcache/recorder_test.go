// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// binding stands in for an SDK whose histograms have the Bind and Finish of
// go.opentelemetry.io/otel/metric/x. It counts the series of each histogram that
// are bound, and records with the SDK that there is.
type binding struct {
	metric.MeterProvider
	mu     sync.Mutex
	bound  map[series]int
	faults []string
}

type series struct {
	histogram string
	attrs     attribute.Distinct
}

type bindingMeter struct {
	metric.Meter
	provider *binding
}

type bindingHistogram struct {
	metric.Float64Histogram
	name     string
	provider *binding
}

type boundHistogram struct {
	bindingHistogram
	attrs attribute.Set
}

func newBinding(reader sdkmetric.Reader) *binding {
	return &binding{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), bound: map[series]int{}}
}

func (p *binding) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return bindingMeter{p.MeterProvider.Meter(name, opts...), p}
}

func (m bindingMeter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	h, err := m.Meter.Float64Histogram(name, opts...)
	return bindingHistogram{h, name, m.provider}, err
}

func (h bindingHistogram) Bind(attrs ...attribute.KeyValue) metric.Float64Histogram {
	set := attribute.NewSet(attrs...)
	h.provider.change(series{h.name, set.Equivalent()}, 1)
	return boundHistogram{h, set}
}

func (h bindingHistogram) Finish(_ context.Context, attrs ...attribute.KeyValue) {
	set := attribute.NewSet(attrs...)
	h.provider.change(series{h.name, set.Equivalent()}, -1)
}

// Record of a histogram that can be bound is never called.
func (h bindingHistogram) Record(context.Context, float64, ...metric.RecordOption) {
	h.provider.complain(h.name + " was recorded without Bind")
}

func (h boundHistogram) Record(ctx context.Context, v float64, opts ...metric.RecordOption) {
	if len(opts) > 0 {
		h.provider.complain(h.name + " was bound and recorded with options")
	}
	h.Float64Histogram.Record(ctx, v, metric.WithAttributeSet(h.attrs))
}

func (p *binding) change(s series, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bound[s] += n; p.bound[s] != 0 && p.bound[s] != 1 {
		p.faults = append(p.faults, s.histogram+" was bound or finished twice")
	}
}

func (p *binding) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, text)
}

// wantBound checks that so many series of each histogram are bound, but of those
// left out.
func (p *binding) wantBound(t *testing.T, want int, except ...instruments.Histogram) {
	t.Helper()
	p.mu.Lock()
	for _, text := range p.faults {
		t.Error(text)
	}
	p.faults = nil
	p.mu.Unlock()
	for _, h := range instruments.Histograms() {
		if got := p.boundOf(h); got != want && !slices.Contains(except, h) {
			t.Errorf("%d series of %s are bound, want %d", got, h, want)
		}
	}
}

func (p *binding) boundOf(h instruments.Histogram) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s, bound := range p.bound {
		if s.histogram == h.String() {
			n += bound
		}
	}
	return n
}

// TestFeedsBound has all that can happen on histograms that can be bound. Close
// finishes every series that was recorded.
func TestFeedsBound(t *testing.T) {
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			reader := sdkmetric.NewManualReader()
			provider := newBinding(reader)
			tel := newTelemetry(t, append([]otelcache.Option{otelcache.WithMeterProvider(provider)}, feedOptions...)...)
			tel.reader = reader
			provider.wantBound(t, 1)
			f.feed(context.Background(), tel.Monitor)
			wantPoints(t, tel.fed(t), f.want)
			closeMonitor(t, tel.Monitor)
			provider.wantBound(t, 0)
		})
	}
}

// TestVariantsAreBoundOnce fails an operation with each of two errors, twice.
func TestVariantsAreBoundOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := newBinding(sdkmetric.NewManualReader())
		m := openMonitor(t, testEngine, otelcache.WithMeterProvider(provider), untraced)
		fail := func(err error) {
			_, l := m.StartLookup(context.Background(), 1)
			time.Sleep(ms)
			l.Fail(err)
		}
		for range 2 {
			fail(io.EOF)
			fail(io.ErrClosedPipe)
		}
		if got := provider.boundOf(instruments.LookupDuration); got != 3 {
			t.Errorf("%d series of %s are bound, want 3: finished, EOF, closed pipe", got, instruments.LookupDuration)
		}
		_, late := m.StartLookup(context.Background(), 1)
		time.Sleep(ms)
		closeMonitor(t, m)
		late.Fail(errors.ErrUnsupported)
		fail(io.EOF)
		provider.wantBound(t, 0)
	})
}

// TestEnginesBindAgain has engines make room and come back, by name and by a
// monitor that was kept.
func TestEnginesBindAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := sdkmetric.NewManualReader()
		provider := newBinding(reader)
		s := newEngineSet(t, 1, otelcache.WithMeterProvider(provider))
		fail := func(m *otelcache.Monitor) {
			_, r := m.StartLookup(context.Background(), 1)
			time.Sleep(ms)
			r.Fail(io.EOF)
		}
		a := s.model("a")
		fail(a)
		provider.wantBound(t, 1, instruments.LookupDuration)
		for _, next := range []func() *otelcache.Monitor{
			func() *otelcache.Monitor { return s.model("b") },
			func() *otelcache.Monitor { return a },
		} {
			evicted(t, reader)
			s.look()
			evicted(t, reader)
			time.Sleep(idle)
			fail(next())
		}
		fail(a)
		provider.wantBound(t, 2, instruments.LookupDuration) // a, and the engine above the limit
		if got := provider.boundOf(instruments.LookupDuration); got != 3 {
			t.Errorf("%d series of %s are bound, want 3: one of a is for EOF", got, instruments.LookupDuration)
		}
		for _, m := range collect(t, reader) {
			if m.Name == instruments.LookupDuration.String() {
				for _, d := range m.Data.(metricdata.Histogram[float64]).DataPoints {
					model, _ := d.Attributes.Value(instruments.ModelNameKey)
					if want := map[string]uint64{"a": 3, "b": 1}[model.AsString()]; d.Count != want {
						t.Errorf("%d failed lookups of %s, want %d", d.Count, model.AsString(), want)
					}
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		provider.wantBound(t, 0)
		a.RecordChunkReuse(context.Background(), ms)
		provider.wantBound(t, 0)
	})
}

// TestCloseWhileRecordingConcurrentSafe fails operations with new types of error
// while their monitor closes: no series stays bound.
func TestCloseWhileRecordingConcurrentSafe(t *testing.T) {
	provider := newBinding(sdkmetric.NewManualReader())
	for range 20 {
		m := openMonitor(t, testEngine, otelcache.WithMeterProvider(provider), untraced)
		var wg sync.WaitGroup
		started := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				<-started
				for _, err := range []error{io.EOF, io.ErrClosedPipe, io.ErrShortWrite, errors.ErrUnsupported} {
					_, l := m.StartLookup(context.Background(), 1)
					time.Sleep(time.Microsecond)
					l.Fail(err)
				}
			})
		}
		close(started)
		closeMonitor(t, m)
		wg.Wait()
		provider.wantBound(t, 0)
	}
}

// TestCatalogHasStartsBeforeEnds holds the order in which counters are read
// against that in which an operation counts.
func TestCatalogHasStartsBeforeEnds(t *testing.T) {
	for _, k := range operationKinds {
		lastStart, firstEnd := -1, len(instruments.Counters())
		for i, c := range instruments.Counters() {
			if _, started := k.started[c.String()]; started {
				lastStart = i
			} else if strings.HasPrefix(c.String(), k.metric+".") {
				firstEnd = min(firstEnd, i)
			}
		}
		if lastStart > firstEnd {
			t.Errorf("%s is before %s in the catalog", instruments.Counters()[firstEnd], instruments.Counters()[lastStart])
		}
	}
}
