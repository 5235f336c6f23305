// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// someMetrics keeps what TestManyEnginesConcurrentSafe looks at, so that it collects
// more often.
func someMetrics(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	switch i.Name {
	case "lmcache.local_cpu.evicted_keys", "lmcache.lookup.requested_tokens", "lmcache.chunk.lifespan":
		return sdkmetric.Stream{}, false
	}
	return sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}, true
}

// account adds up what a reader gets of counters and histograms, by metric.
type account struct {
	reader *sdkmetric.ManualReader
	delta  bool
	last   map[string]int64 // cumulative: the page, by metric and model
	left   map[string]int64 // cumulative: the counts of series that left
	sums   map[string]int64 // delta: all of them
	most   int              // engines on a page
	gone   int              // series that left
}

// collect reads one page.
func (a *account) collect(t *testing.T) {
	page, engines := map[string]int64{}, map[attribute.Distinct]bool{}
	for _, m := range collect(t, a.reader) {
		add := func(attrs attribute.Set, n int64) {
			model, _ := attrs.Value("gen_ai.request.model")
			key := m.Name + " " + model.AsString()
			if _, ok := page[key]; ok {
				t.Errorf("%s is on the page twice", key)
			}
			page[key] = n
		}
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, d := range data.DataPoints {
				engines[d.Attributes.Equivalent()] = true
				add(d.Attributes, d.Value)
			}
		case metricdata.Histogram[float64]:
			for _, d := range data.DataPoints {
				add(d.Attributes, int64(d.Count))
			}
		}
	}
	a.most = max(a.most, len(engines))
	for key, n := range page {
		metric, _, _ := strings.Cut(key, " ")
		switch {
		case a.delta && n < 0:
			t.Errorf("the delta of %s is %d", key, n)
		case a.delta:
			a.sums[metric] += n
		case n < a.last[key]:
			t.Errorf("%s falls from %d to %d", key, a.last[key], n)
		}
	}
	for key, n := range a.last {
		if _, ok := page[key]; !ok && !a.delta {
			metric, _, _ := strings.Cut(key, " ")
			a.left[metric] += n
			a.gone++
		}
	}
	if !a.delta {
		a.last = page
	}
}

// total returns everything that the reader got.
func (a *account) total(metric string) int64 {
	sum := a.sums[metric] + a.left[metric]
	for key, n := range a.last {
		if strings.HasPrefix(key, metric+" ") {
			sum += n
		}
	}
	return sum
}

// TestManyEnginesConcurrentSafe has eight goroutines name a hundred thousand engines,
// some of them again, while two readers collect: never are there more than the
// limit and the one of the others, no count falls, and the counts of what is on the
// last page and of what left before are everything that was recorded.
func TestManyEnginesConcurrentSafe(t *testing.T) {
	const goroutines = 8
	limit, names := 1000, 100_000
	if raceEnabled || testing.Short() {
		limit, names = 100, 10_000 // a tenth of the minutes
	}
	deltas := sdkmetric.WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector)
	accounts := []*account{
		{reader: sdkmetric.NewManualReader(), left: map[string]int64{}},
		{reader: sdkmetric.NewManualReader(deltas), delta: true, sums: map[string]int64{}},
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithView(someMetrics), sdkmetric.WithCardinalityLimit(0),
		sdkmetric.WithReader(accounts[0].reader), sdkmetric.WithReader(accounts[1].reader))
	s := openEngines(t, limit, ms, otelcache.WithMeterProvider(mp), untraced)

	var keys, tokens, chunks, others atomic.Int64 // recorded
	record := func(m *otelcache.Monitor, i int) {
		if m.Engine().ModelName == "_OTHER" {
			others.Add(1)
		}
		m.RecordEviction(i%7 + 1)
		keys.Add(int64(i%7 + 1))
		_, l := m.StartLookup(context.Background(), i%5)
		tokens.Add(int64(i % 5))
		if i%20 == 0 { // the SDK keeps each histogram for ever
			m.RecordChunkReuse(context.Background(), ms)
			chunks.Add(1)
		}
		l.Finish(0)
	}
	var recording, collecting sync.WaitGroup
	done := make(chan struct{})
	for _, a := range accounts {
		a.collect(t) // the set knows a reader from its first collection on
		collecting.Go(func() {
			for {
				a.collect(t)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for g := range goroutines {
		recording.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(g)))
			var kept []*otelcache.Monitor
			for i := range names / goroutines {
				m := s.Monitor(otelcache.Engine{ModelName: fmt.Sprintf("%d of %d", i, g)})
				record(m, i)
				if i%50 == 0 {
					kept = append(kept, m)
				}
				if i%10 == 0 { // one that is idle, or has made room
					again := max(0, i-random.IntN(3000))
					record(s.Monitor(otelcache.Engine{ModelName: fmt.Sprintf("%d of %d", again, g)}), i)
					record(kept[random.IntN(len(kept))], i)
				}
				if i%100 == 0 {
					time.Sleep(5 * ms) // for the readers
				}
			}
		})
	}
	recording.Wait()
	close(done)
	collecting.Wait()
	for _, a := range accounts {
		a.collect(t)
		for metric, want := range map[string]int64{
			"lmcache.local_cpu.evicted_keys": keys.Load(), "lmcache.lookup.requested_tokens": tokens.Load(),
			"lmcache.chunk.lifespan": chunks.Load(),
		} {
			if got := a.total(metric); got != want {
				t.Errorf("the reader (delta: %t) got %d of %s, want %d", a.delta, got, metric, want)
			}
		}
		if a.most > limit+1 || a.most < limit {
			t.Errorf("there were up to %d engines on a page, want at most %d", a.most, limit+1)
		}
	}
	if accounts[0].gone < 2*limit {
		t.Errorf("%d series left, too few to tell", accounts[0].gone)
	}
	t.Logf("%d series left, %d of %d records were of others", accounts[0].gone, others.Load(), names*6/5)
}

// TestKeptMonitorsConcurrentSafe has four goroutines record on monitors that they
// keep, of which others take the places all the time, with operations that last
// longer than an engine may be idle.
func TestKeptMonitorsConcurrentSafe(t *testing.T) {
	const limit, goroutines, each = 4, 4, 400
	reader := sdkmetric.NewManualReader()
	a := &account{reader: reader, left: map[string]int64{}}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithView(someMetrics), sdkmetric.WithCardinalityLimit(0), sdkmetric.WithReader(reader))
	s := openEngines(t, limit, ms, otelcache.WithMeterProvider(mp), untraced)
	a.collect(t)
	var recording, disturbing sync.WaitGroup
	done := make(chan struct{})
	disturbing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			s.Monitor(otelcache.Engine{ModelName: fmt.Sprint("new ", i)})
			a.collect(t)
		}
	})
	var wrong atomic.Int64
	for g := range goroutines {
		recording.Go(func() {
			m := s.Monitor(otelcache.Engine{ModelName: fmt.Sprint("kept ", g)})
			cursor := m.Cursor()
			for range each {
				m.RecordEviction(1)
				_, l := m.StartLookup(context.Background(), 3)
				if g%2 == 0 {
					time.Sleep(2 * ms)
				}
				l.Finish(0)
				time.Sleep(ms / 2)
			}
			if stats := cursor.Next(); m.Engine().ModelName != "_OTHER" && max(stats.LocalCPUEvictedKeys, stats.LookupRequests) > each {
				wrong.Add(1)
			}
		})
	}
	recording.Wait()
	close(done)
	disturbing.Wait()
	a.collect(t)
	if got, want := a.total("lmcache.local_cpu.evicted_keys"), int64(goroutines*each); got != want {
		t.Errorf("got %d keys, want %d", got, want)
	}
	if got, want := a.total("lmcache.lookup.requested_tokens"), int64(3*goroutines*each); got != want {
		t.Errorf("got %d tokens, want %d", got, want)
	}
	if a.most > limit+1 || wrong.Load() > 0 {
		t.Errorf("there were up to %d engines, want %d; %d cursors counted twice", a.most, limit+1, wrong.Load())
	}
	t.Logf("%d series left", a.gone)
}

// TestPendingLookupsConcurrentSafe has eight goroutines end the same lookups, each on
// an engine of its own: one of them counts each.
func TestPendingLookupsConcurrentSafe(t *testing.T) {
	const lookups, goroutines = 2000, 8
	s := newEngineSet(t, goroutines)
	var pending [lookups]otelcache.PendingLookup
	for i := range pending {
		_, pending[i] = s.StartLookup(context.Background(), 10)
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			m := s.model(fmt.Sprint(g))
			for i, l := range pending {
				l.SetRequestID("r")
				l.SetAttributes(everyAttribute)
				_, p := l.StartPhase(context.Background(), verifyChecksums)
				p.End()
				l.RecordPhase(verify, time.Now(), time.Now())
				switch i % 4 {
				case 0:
					l.FailOn(m, errBroken)
				case 1:
					l.Fail(errBroken)
				case 2:
					l.Abandon()
				default:
					l.FinishOn(m, 5)
				}
			}
		})
	}
	wg.Wait()
	s.misuse.take() // of second ends
	got, want := totals{}, totals{}
	for name, value := range pointsOf(t, collect(t, s.cumulative), *attribute.EmptySet()) {
		metric, _, _ := strings.Cut(name, "{")
		if strings.HasPrefix(metric, "lmcache.lookup.") && value != "0" && !strings.HasPrefix(value, "sum") {
			got.add(points{metric: value}, 1)
		}
	}
	want.add(points{
		"lmcache.lookup.requests": fmt.Sprint(lookups / 2), "lmcache.lookup.requested_tokens": fmt.Sprint(lookups / 2 * 10),
		"lmcache.lookup.failures": fmt.Sprint(lookups / 4), "lmcache.lookup.hit_tokens": fmt.Sprint(lookups / 4 * 5),
		"lmcache.lookup.missed_tokens": fmt.Sprint(lookups/4*5 + lookups/4*10),
	}, 1)
	wantPoints(t, got.text(), want.text())
	ended := map[string]int{}
	for _, span := range s.spans.Ended() {
		ended[span.Name()]++
	}
	if ended["lmcache.lookup"] != lookups {
		t.Errorf("%d lookups ended a span, want %d", ended["lmcache.lookup"], lookups)
	}
}
