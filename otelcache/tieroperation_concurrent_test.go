// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// tierModel is what one goroutine did, as the metrics should have it: numbers
// of counters, counts of histograms, by data point.
type tierModel struct {
	random *rand.Rand
	want   map[string]int64
	levels map[string]int64 // of gauges, that every goroutine sets to the same
	open   []openOperation  // that were started, and not ended yet
}

// openOperation is an operation with the points of its sides.
type openOperation struct {
	tierOperation
	cancel context.CancelFunc
	sides  []tierSide
	keys   int
	phased bool // it has a phase of the host's
}

// tierSide is the read or the write that an operation is, or both of a move.
type tierSide struct {
	tier               int // of tierNames
	operation, purpose string
}

func (s tierSide) of() string { return ofOperation(tierNames[s.tier].attrs, s.operation, s.purpose) }

// remote returns the names of LMCache's that a side feeds: of its requests and
// of its times.
func (s tierSide) remote() (requests, times string, ok bool) {
	if s.operation == "read" {
		return "lmcache.remote.read", "lmcache.remote.get", tierNames[s.tier].name == "redis"
	}
	return "lmcache.remote.write", "lmcache.remote.put", tierNames[s.tier].name == "redis"
}

const brokenType = "{error.type=*errors.errorString "

// step does one thing.
func (m *tierModel) step(mon *otelcache.Monitor) {
	switch {
	case m.random.IntN(3) == 0 && len(m.open) > 0:
		i := m.random.IntN(len(m.open))
		m.end(m.open[i])
		m.open = append(m.open[:i], m.open[i+1:]...)
	case m.random.IntN(8) == 0:
		m.retrieveWithRetry(mon)
	case m.random.IntN(8) == 0:
		m.evict(mon)
	case m.random.IntN(8) == 0:
		m.record(mon)
	case m.random.IntN(8) == 0:
		m.setLevels(mon)
	case m.random.IntN(8) == 0 && len(m.open) > 0:
		m.describe(&m.open[m.random.IntN(len(m.open))])
	default:
		m.start(mon)
	}
}

func (m *tierModel) start(mon *otelcache.Monitor) {
	ctx, cancel := context.WithCancel(context.Background())
	from, purpose := m.random.IntN(len(tierNames)), m.random.IntN(3)
	o := openOperation{cancel: cancel, keys: m.random.IntN(4)}
	opts := []otelcache.TierOption{otelcache.Purpose(purpose), otelcache.WithKeys(o.keys), nil}
	if m.random.IntN(4) == 0 { // a batch
		sampled := trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
		})
		opts = append(opts, otelcache.WithLinks(trace.Link{SpanContext: sampled}, trace.Link{SpanContext: sampled}))
	}
	tier, name := mon.Tier(tierNames[from].name), []string{"request", "prefetch", "move"}[purpose]
	switch m.random.IntN(3) {
	case 0:
		_, o.tierOperation = readOrWrite(ctx, tier, "read", 1000, opts...)
		o.sides = []tierSide{{from, "read", name}}
	case 1:
		_, o.tierOperation = readOrWrite(ctx, tier, "write", 1000, opts...)
		o.sides = []tierSide{{from, "write", name}}
	case 2:
		to := m.random.IntN(len(tierNames))
		_, o.tierOperation = tier.StartMove(ctx, tierNames[to].name, 1000, opts...)
		o.sides = []tierSide{{from, "read", "move"}, {to, "write", "move"}}
	}
	for _, s := range o.sides {
		m.want["lmcache.tier.operations"+s.of()]++
	}
	m.open = append(m.open, o)
}

// end ends an operation in one of the ways there are, and then again.
func (m *tierModel) end(o openOperation) {
	switch m.random.IntN(5) {
	case 0, 1:
		tokens, bytes := m.random.IntN(1000), int64(m.random.IntN(1_000_000))
		o.Finish(tokens, bytes)
		m.finished(o, int64(tokens), bytes)
	case 2:
		o.Fail(errBroken)
		m.failed(o.sides)
	case 3:
		o.cancel()
		o.Fail(errRPC)
		m.cancelled(o.sides)
	case 4:
		o.Abandon()
		m.cancelled(o.sides)
	}
	if m.random.IntN(4) == 0 {
		o.Fail(errBroken)
	}
	o.Abandon()
	o.cancel()
}

func (m *tierModel) finished(o openOperation, tokens, bytes int64) {
	for _, s := range o.sides {
		m.want["lmcache.tier.tokens"+s.of()] += tokens
		m.want["lmcache.tier.io"+s.of()] += bytes
		m.want["lmcache.tier.operation.duration"+s.of()]++
		if requests, times, ok := s.remote(); ok {
			m.want[requests+".requests"]++
			m.want[requests+".io"] += bytes
			m.want[times+".duration"]++
		}
	}
	if o.phased {
		m.want["lmcache.operation.phase.duration{lmcache.operation=tier."+o.sides[0].operation+" lmcache.phase=verify_checksums}"]++
	}
	// From memory to what is farther.
	if len(o.sides) == 2 && tierNames[o.sides[0].tier].name == "memory" && o.sides[1].tier > o.sides[0].tier {
		m.want["lmcache.local_cpu.evictions"]++
		m.want["lmcache.local_cpu.evicted_keys"] += int64(max(o.keys, 1))
	}
}

func (m *tierModel) failed(sides []tierSide) {
	for _, s := range sides {
		m.want["lmcache.tier.operation.failures"+s.of()]++
		m.want["lmcache.tier.operation.duration"+brokenType+s.of()[1:]]++
		if _, times, ok := s.remote(); ok {
			m.want[times+".failures"]++
		}
	}
}

func (m *tierModel) cancelled(sides []tierSide) {
	for _, s := range sides {
		m.want["lmcache.tier.operation.cancelled"+s.of()]++
		if _, times, ok := s.remote(); ok {
			m.want[times+".cancelled"]++
		}
	}
}

// retrieveWithRetry reads from one tier after another until one has the tokens:
// its hit is counted once, the reads all of them.
func (m *tierModel) retrieveWithRetry(mon *otelcache.Monitor) {
	ctx, retrieve := mon.StartRetrieve(context.Background(), 100)
	m.want["lmcache.retrieve.requests"]++
	m.want["lmcache.retrieve.requested_tokens"] += 100
	for i, tier := range tierNames {
		_, read := mon.Tier(tier.name).StartRead(ctx, 100)
		o := openOperation{tierOperation: read, sides: []tierSide{{i, "read", "request"}}}
		m.want["lmcache.tier.operations"+o.sides[0].of()]++
		if m.random.IntN(2) == 0 {
			read.Fail(errBroken)
			m.failed(o.sides)
			continue
		}
		read.Finish(100, 4096)
		m.finished(o, 100, 4096)
		retrieve.Hit(tier.name, 100)
		retrieve.Finish(100)
		m.want["lmcache.retrieve.hit_tokens"] += 100
		m.want["lmcache.retrieve.tier.hit_tokens"+tier.attrs] += 100
		return
	}
	retrieve.Abandon()
	m.want["lmcache.retrieve.cancelled"]++
}

func (m *tierModel) evict(mon *otelcache.Monitor) {
	i, keys, bytes, reason := m.random.IntN(len(tierNames)), m.random.IntN(9), int64(m.random.IntN(900)), m.random.IntN(5)
	mon.Tier(tierNames[i].name).Evict(context.Background(), keys, bytes, otelcache.EvictionReason(reason))
	attrs := "{lmcache.eviction.reason=" + []string{"capacity", "expired", "deleted", "lost", "_OTHER"}[reason] + " " + tierNames[i].attrs[1:]
	m.want["lmcache.tier.evicted_keys"+attrs] += int64(keys)
	m.want["lmcache.tier.evicted_size"+attrs] += bytes
	if tierNames[i].name == "memory" {
		m.want["lmcache.local_cpu.evictions"]++
		m.want["lmcache.local_cpu.evicted_keys"] += int64(keys)
	}
	if m.random.IntN(4) == 0 {
		mon.Tier(tierNames[i].name).Clear(context.Background())
		m.want["lmcache.tier.clears"+tierNames[i].attrs]++
	}
}

// setLevels sets what every goroutine sets, and lets a callback come and go.
func (m *tierModel) setLevels(mon *otelcache.Monitor) {
	i := m.random.IntN(len(tierNames))
	tier, attrs := mon.Tier(tierNames[i].name), tierNames[i].attrs
	o, err := tier.Observe(instruments.TierLimit, func() float64 { return 20 })
	if err != nil && !errors.Is(err, otelcache.ErrObserved) {
		panic(err)
	}
	tier.SetUsage(int64(10 + i))
	tier.SetLimit(20)
	tier.SetEntries(30)
	o.Unregister()
	maps.Copy(m.levels, map[string]int64{
		"lmcache.tier.usage" + attrs: int64(10 + i), "lmcache.tier.limit" + attrs: 20, "lmcache.tier.entries" + attrs: 30,
	})
	usages := map[string]string{
		"memory": "lmcache.local_cache.usage", "nvme": "lmcache.local_storage.usage", "redis": "lmcache.remote_cache.usage",
	}
	if name, ok := usages[tierNames[i].name]; ok {
		m.levels[name] = int64(10 + i)
	}
}

// describe says more of an operation in flight.
func (m *tierModel) describe(o *openOperation) {
	o.SetRequestID("r")
	o.SetAttributes(everyAttribute)
	now := time.Now()
	o.RecordPhase(verifyChecksums, now, now.Add(ms))
	o.phased = true
	_, p := o.StartPhase(context.Background(), verifyChecksums) // which takes no time
	p.SetBytes(1)
	p.End()
}

// record records an operation of which a bit is unknown.
func (m *tierModel) record(mon *otelcache.Monitor) {
	from, to := m.random.IntN(len(tierNames)), m.random.IntN(len(tierNames))
	var o openOperation
	now := time.Now()
	r := otelcache.TierRecord{Start: now, End: now, Tokens: 7, Bytes: otelcache.Unknown}
	if m.random.IntN(2) == 0 {
		r.Err = errBroken
	}
	tier := mon.Tier(tierNames[from].name)
	switch m.random.IntN(3) {
	case 0:
		tier.RecordRead(context.Background(), r)
		o.sides = []tierSide{{from, "read", "request"}}
	case 1:
		tier.RecordWrite(context.Background(), r)
		o.sides = []tierSide{{from, "write", "request"}}
	case 2:
		tier.RecordMove(context.Background(), tierNames[to].name, r)
		o.sides = []tierSide{{from, "read", "move"}, {to, "write", "move"}}
	}
	for _, s := range o.sides {
		m.want["lmcache.tier.operations"+s.of()]++
	}
	if r.Err != nil {
		m.failed(o.sides)
	} else {
		m.finished(o, 7, 0)
	}
}

// TestTiersConcurrentSafe has eight goroutines do everything to all tiers while
// a reader collects. No page has more ends than starts, and no counter falls;
// the last one, when all that was forgotten has left, has what a model has.
func TestTiersConcurrentSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const goroutines = 8
		steps := 4000
		if raceEnabled || testing.Short() {
			steps = 1000
		}
		tel := newTelemetry(t, tiersOption)
		models := make([]*tierModel, goroutines)
		var working sync.WaitGroup
		for i := range models {
			models[i] = &tierModel{random: rand.New(rand.NewPCG(uint64(i), 13)), want: map[string]int64{}, levels: map[string]int64{}}
			working.Go(func() {
				for range steps {
					models[i].step(tel.Monitor)
				}
			})
		}
		done := make(chan struct{})
		var reading sync.WaitGroup
		reading.Go(func() { collectTiers(t, tel, done) })
		working.Wait()
		close(done)
		reading.Wait()

		inFlight := 0
		want := map[string]int64{}
		for _, m := range models {
			for _, o := range m.open {
				inFlight += len(o.sides)
				o.cancel() // which ends nothing
			}
		}
		if got := tokensOf(tel.collect(t))["lmcache.tier.active_operations"]; got != int64(inFlight) || inFlight == 0 {
			t.Errorf("%d operations are in flight, want %d", got, inFlight)
		}
		time.Sleep(stuckAfter + ms)
		for _, m := range models {
			for _, o := range m.open {
				m.cancelled(o.sides)
			}
			for point, n := range m.want {
				want[point] += n
			}
			maps.Copy(want, m.levels)
		}
		wantCounts(t, tel.collect(t), want)
		synctest.Wait() // for spans
		wantReport(t, tel.misuse, otelcache.ErrMisuse, "finished again")
		if started, ended := len(tel.spans.Started()), len(tel.spans.Ended()); started != ended || started == 0 {
			t.Errorf("%d spans ended, want the %d that were started", ended, started)
		}
	})
}

// collectTiers checks each page until done.
func collectTiers(t *testing.T, tel *telemetry, done <-chan struct{}) {
	last := map[string]int64{}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		page := countsOf(tel.collect(t))
		for point, n := range page {
			metric, attrs, _ := strings.Cut(point, "{")
			if n < last[point] && metric != "lmcache.tier.active_operations" && metric != "lmcache.tier.oldest_operation.age" {
				t.Errorf("%s falls from %d to %d", point, last[point], n)
			}
			if metric == "lmcache.tier.active_operations" && (n < 0 || n > page["lmcache.tier.operations{"+attrs]) {
				t.Errorf("%s is %d of %d", point, n, page["lmcache.tier.operations{"+attrs])
			}
		}
		last = page
	}
}

// countsOf returns the numbers of counters and gauges, and the counts of
// histograms.
func countsOf(all points) map[string]int64 {
	counts := map[string]int64{}
	for point, value := range all {
		numbers := []string{value}
		if sum, buckets, ok := strings.Cut(value, ", "); ok && strings.HasPrefix(sum, "sum ") {
			numbers = strings.Split(buckets, ", ")
		}
		for _, text := range numbers {
			var n int64
			fmt.Sscan(text, &n)
			counts[point] += n
		}
	}
	return counts
}

// wantCounts compares the points that are not 0, but for what the model lacks:
// throughput, which takes time, and rates.
func wantCounts(t *testing.T, all points, want map[string]int64) {
	t.Helper()
	got := countsOf(all)
	for _, counts := range []map[string]int64{got, want} {
		maps.DeleteFunc(counts, func(point string, n int64) bool {
			return n == 0 || strings.HasPrefix(point, "lmcache.tier.throughput") || strings.HasSuffix(point, ".hit_rate")
		})
	}
	text := func(counts map[string]int64) points {
		p := points{}
		for point, n := range counts {
			p[point] = fmt.Sprint(n)
		}
		return p
	}
	wantPoints(t, text(got), text(want))
}
