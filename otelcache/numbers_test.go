// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// hostileNumbers are what a caller may say of tokens, bytes and objects. Those
// from 0 to 2^53 count.
var hostileNumbers = []int64{
	0, 1, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1 << 62, math.MaxInt64, -1, -2, -1 << 53, math.MinInt64,
}

// numberPosition is a place where a number of a caller enters, with the metric
// that it feeds and the attributes of spans that it becomes.
type numberPosition struct {
	name, metric string
	attrs        []string
	none         int64 // a number that says that there is none
	say          func(ctx context.Context, m *otelcache.Monitor, n int64)
}

const noNumber = math.MinInt64 + 1 // none of hostileNumbers

var numberPositions = []numberPosition{
	{"StartLookup", "lmcache.lookup.requested_tokens", []string{"lmcache.tokens.requested"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, l := m.StartLookup(ctx, int(n))
		l.Finish(0)
	}},
	{"Lookup.Finish", "lmcache.lookup.hit_tokens", []string{"lmcache.tokens.hit"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, l := m.StartLookup(ctx, 1<<53)
		l.Finish(int(n))
	}},
	{"StartRetrieve", "lmcache.retrieve.requested_tokens", []string{"lmcache.tokens.requested"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, r := m.StartRetrieve(ctx, int(n))
		r.Fail(errBroken)
	}},
	{"Retrieve.Finish", "lmcache.retrieve.hit_tokens", []string{"lmcache.tokens.hit"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, r := m.StartRetrieve(ctx, 1<<53)
		r.Finish(int(n))
	}},
	{"StartStore", "lmcache.store.tokens", []string{"lmcache.tokens.requested", "lmcache.tokens.stored"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, s := m.StartStore(ctx, int(n))
		s.Finish(otelcache.AllTokens)
	}},
	{"Store.Finish", "lmcache.store.tokens", []string{"lmcache.tokens.stored"}, otelcache.AllTokens, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, s := m.StartStore(ctx, 0)
		s.Finish(int(n))
	}},
	{"StartTransfer", "lmcache.p2p.transfer.tokens", []string{"lmcache.tokens.requested"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, tr := m.StartTransfer(ctx, int(n), "peer")
		tr.Finish()
	}},
	{"ServeTransfer", "", []string{"lmcache.tokens.requested"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, tr := m.ServeTransfer(ctx, int(n), "peer")
		tr.Finish()
	}},
	{"RemoteGet.Finish", "lmcache.remote.read.io", []string{"lmcache.bytes"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, g := m.StartRemoteGet(ctx)
		g.Finish(n)
	}},
	{"RemotePut.Finish", "lmcache.remote.write.io", []string{"lmcache.bytes"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, p := m.StartRemotePut(ctx)
		p.Finish(n)
	}},
	{"Record.Tokens of a lookup", "lmcache.lookup.requested_tokens", []string{"lmcache.tokens.requested"}, otelcache.Unknown, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		m.RecordLookup(ctx, instant(otelcache.Record{Tokens: int(n)}))
	}},
	{"Record.Hits of a lookup", "lmcache.lookup.hit_tokens", []string{"lmcache.tokens.hit"}, otelcache.Unknown, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		m.RecordLookup(ctx, instant(otelcache.Record{Tokens: 1 << 53, Hits: int(n)}))
	}},
	{"Record.Hits of a retrieve", "lmcache.retrieve.hit_tokens", []string{"lmcache.tokens.hit"}, otelcache.Unknown, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		m.RecordRetrieve(ctx, instant(otelcache.Record{Tokens: 1 << 53, Hits: int(n)}))
	}},
	{"Record.Stored", "lmcache.store.tokens", []string{"lmcache.tokens.stored"}, otelcache.Unknown, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		m.RecordStore(ctx, instant(otelcache.Record{Stored: int(n)}))
	}},
	{"RecordRemoteRead", "lmcache.remote.read.io", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.RecordRemoteRead(n) }},
	{"RecordRemoteWrite", "lmcache.remote.write.io", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.RecordRemoteWrite(n) }},
	{"RecordEviction", "lmcache.local_cpu.evicted_keys", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.RecordEviction(int(n)) }},
	{"RecordEvictionFailures", "lmcache.local_cpu.eviction_failures", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) {
		m.RecordEvictionFailures(int(n))
	}},
	{"RecordForcedUnpins", "lmcache.memory.forced_unpins", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.RecordForcedUnpins(int(n)) }},
	{"AddEngineHitTokens", "lmcache.engine.hit_tokens", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.AddEngineHitTokens(int(n)) }},
	{"AddEnginePromptTokens", "lmcache.engine.prompt_tokens", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.AddEnginePromptTokens(int(n)) }},
	{"AddPinnedObjects", "lmcache.memory.pinned_objects", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.AddPinnedObjects(int(n)) }},
	{"SetLocalCacheUsage", "lmcache.local_cache.usage", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.SetLocalCacheUsage(n) }},
	{"SetLocalStorageUsage", "lmcache.local_storage.usage", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.SetLocalStorageUsage(n) }},
	{"SetRemoteCacheUsage", "lmcache.remote_cache.usage", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.SetRemoteCacheUsage(n) }},
	{"SetActiveObjects", "lmcache.memory.active_objects", nil, noNumber, func(_ context.Context, m *otelcache.Monitor, n int64) { m.SetActiveObjects(int(n)) }},
	{"Phase.SetBytes", "", []string{"lmcache.bytes"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, r := m.StartRetrieve(ctx, 1)
		_, p := r.StartPhase(ctx, otelcache.ToGPU)
		p.SetBytes(n)
		p.End()
		r.Finish(1)
	}},
	{"Phase.SetChunks", "", []string{"lmcache.chunks"}, noNumber, func(ctx context.Context, m *otelcache.Monitor, n int64) {
		_, r := m.StartRetrieve(ctx, 1)
		_, p := r.StartPhase(ctx, otelcache.ToGPU)
		p.SetChunks(int(n))
		p.End()
		r.Finish(1)
	}},
}

// instant returns r with an end now, so that it has a span.
func instant(r otelcache.Record) otelcache.Record {
	r.End = time.Now()
	return r
}

// TestHostileNumbers says each number in each place: one that can be is counted
// and shown exactly, another is reported, counted nowhere, and shown nowhere.
func TestHostileNumbers(t *testing.T) {
	onlyOn64Bits(t)
	for _, p := range numberPositions {
		for _, n := range hostileNumbers {
			bubble(t, fmt.Sprint(p.name, " ", n), func(t *testing.T) {
				tel := newTelemetry(t)
				cursor := tel.Cursor()
				p.say(context.Background(), tel.Monitor, n)
				var want []int64 // attributes of spans
				var sum string
				gauge := isGauge(p.metric)
				switch {
				case n == p.none: // AllTokens of none, or Unknown
					if n == otelcache.AllTokens && p.name == "Store.Finish" {
						want = []int64{0}
					}
				case n < 0 || n > 1<<53:
					tel.wantMisuse(t, fmt.Sprint(n))
				default:
					want = []int64{n}
					if n > 0 || gauge {
						sum = fmt.Sprint(n)
						if gauge {
							sum = fmt.Sprint(float64(n))
						}
					}
				}
				if got := tel.fed(t)[p.metric]; p.metric != "" && got != sum {
					t.Errorf("%s is %q, want %q", p.metric, got, sum)
				}
				if got, ok := statOf(cursor.Next(), p.metric); ok && sum != "" && got != n {
					t.Errorf("Stats have %d, want %d", got, n)
				}
				for _, key := range p.attrs {
					wantNumbers(t, key, numbersOf(tel, key), want)
				}
			})
		}
	}
}

func wantNumbers(t *testing.T, key string, got, want []int64) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the spans have %s=%d, want %d", key, got, want)
	}
}

// numbersOf returns the values of an attribute of spans.
func numbersOf(tel *telemetry, key string) (numbers []int64) {
	for _, s := range tel.spans.Ended() {
		for _, a := range s.Attributes() {
			if string(a.Key) == key {
				numbers = append(numbers, a.Value.AsInt64())
			}
		}
	}
	return numbers
}

func isGauge(metric string) bool {
	m, _ := instruments.Lookup(metric)
	return m.Kind == instruments.KindGauge
}

// statOf returns the field of a metric, if it is an int64.
func statOf(s otelcache.Stats, metric string) (int64, bool) {
	v, ok := logged(s)[metric]
	if !ok {
		return 0, false
	}
	return v.Int64(), true
}

// TestRefusedNumbersAreInNoRate has lookups whose tokens or hits cannot be: neither
// their requested tokens nor their hits are in the hit rate.
func TestRefusedNumbersAreInNoRate(t *testing.T) {
	onlyOn64Bits(t)
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		cursor := tel.Cursor()
		for _, n := range [][2]int{{100, 25}, {-1, 100}, {1 << 60, 1 << 20}, {100, -5}, {100, 1 << 60}, {100, 75}} {
			_, l := tel.StartLookup(context.Background(), n[0])
			l.Finish(n[1])
		}
		if got := cursor.Next(); got.LookupHitRate != 0.5 || got.LookupRequestHitRate.Count() != 2 {
			t.Errorf("the hit rate is %v of %d lookups, want 0.5 of 2", got.LookupHitRate, got.LookupRequestHitRate.Count())
		}
		time.Sleep(10 * time.Second)
		if got := tel.fed(t)["lmcache.lookup.hit_rate"]; got != "0.5" {
			t.Errorf("the gauge is %s, want 0.5", got)
		}
		tel.wantMisuse(t, "lmcache.lookup")
	})
}

// hostileTimes are what a caller may say of a time that something took, by whether
// it counts for an operation and for an idle chunk.
var hostileTimes = []struct {
	d               time.Duration
	operation, idle bool
}{
	{0, true, true},
	{1, true, true},
	{24 * time.Hour, true, true},
	{24*time.Hour + 1, false, true},
	{365 * 24 * time.Hour, false, true},
	{365*24*time.Hour + 1, false, false},
	{math.MaxInt64, false, false},
	{-1, false, false},
	{math.MinInt64, false, false},
}

func TestHostileTimes(t *testing.T) {
	ctx := context.Background()
	for _, p := range []struct {
		name, metric string
		say          func(*otelcache.Monitor, time.Duration)
	}{
		{"RecordChunkReuse", "lmcache.chunk.lifespan", func(m *otelcache.Monitor, d time.Duration) { m.RecordChunkReuse(ctx, d) }},
		{"RecordRemoteGetTime", "lmcache.remote.get.duration", func(m *otelcache.Monitor, d time.Duration) { m.RecordRemoteGetTime(ctx, d) }},
		{"RecordRemotePutTime", "lmcache.remote.put.duration", func(m *otelcache.Monitor, d time.Duration) { m.RecordRemotePutTime(ctx, d) }},
		{"RecordRemoteGetSyncTime", "lmcache.remote.get_sync.duration", func(m *otelcache.Monitor, d time.Duration) {
			m.RecordRemoteGetSyncTime(ctx, d)
		}},
		{"RecordPing", "lmcache.remote.ping.latency", func(m *otelcache.Monitor, d time.Duration) { m.RecordPing(d, 0) }},
	} {
		for _, c := range hostileTimes {
			bubble(t, fmt.Sprint(p.name, " ", c.d), func(t *testing.T) {
				tel := newTelemetry(t)
				cursor := tel.Cursor()
				p.say(tel.Monitor, c.d)
				counts := c.operation || c.idle && p.name == "RecordChunkReuse"
				if !counts {
					tel.wantMisuse(t, p.metric, c.d.String())
				}
				want := fmt.Sprint(c.d.Seconds())
				if got, ok := tel.fed(t)[p.metric]; ok != counts || ok && !strings.HasPrefix(got, want) && !strings.HasPrefix(got, "sum "+want+",") {
					t.Errorf("%s is %q, want it: %t, with %s", p.metric, got, counts, want)
				}
				if got := cursor.Next().RemotePingLatency; p.name == "RecordPing" && counts && got != c.d {
					t.Errorf("Stats have %v, want %v", got, c.d)
				}
			})
		}
	}
}

func TestHostilePingCodes(t *testing.T) {
	onlyOn64Bits(t)
	for _, code := range append([]int64{-7}, hostileNumbers...) {
		tel := newTelemetry(t)
		cursor := tel.Cursor()
		tel.RecordPing(time.Second, int(code))
		want := fmt.Sprint(float64(code))
		if code > 1<<53 || code < -1<<53 {
			tel.wantMisuse(t, fmt.Sprint(code), "lmcache.remote.ping.error_code")
			want = ""
		} else if got := cursor.Next().RemotePingErrorCode; got != code {
			t.Errorf("Stats have %d, want %d", got, code)
		}
		fed := tel.fed(t)
		if got := fed["lmcache.remote.ping.error_code"]; got != want {
			t.Errorf("the code %d is shown as %q, want %q", code, got, want)
		}
		if ok := fed["lmcache.remote.ping.successes"] == "1"; ok != (code == 0) {
			t.Errorf("the code %d is a success: %t", code, ok)
		}
	}
}

// TestTotalsSaturate adds up more than an int64 holds, from goroutines that have
// counters of their own: no reader sees a total fall, and it ends at the largest.
func TestTotalsSaturate(t *testing.T) {
	onlyOn64Bits(t)
	const largest = 1<<63 - 1<<10 // below 2^63, with 53 digits
	tel := newTelemetry(t, untraced)
	cursor := tel.Cursor()
	var last, seen int64
	look := func() {
		total := totalOf(t, collect(t, tel.reader), "lmcache.engine.prompt_tokens")
		if total < last {
			t.Errorf("the total falls from %d to %d", last, total)
		}
		last = total
		if n := cursor.Next().EnginePromptTokens; n < 0 {
			t.Errorf("an interval has %d tokens", n)
		} else if seen += n; seen != total {
			t.Errorf("the intervals have %d tokens, the page %d", seen, total)
		}
	}
	for range 3 {
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for range 1 << 8 {
					tel.AddEnginePromptTokens(1 << 53)
				}
			})
		}
		wg.Wait()
		look()
	}
	if last != largest {
		t.Errorf("the total is %d, want %d", last, int64(largest))
	}
}

func totalOf(t *testing.T, all []metricdata.Metrics, name string) int64 {
	t.Helper()
	for _, m := range all {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == name {
			return sum.DataPoints[0].Value
		}
	}
	t.Errorf("there is no %s", name)
	return 0
}

// TestTimesSaturate adds up more than 292 years: of a phase, of a host's own phase,
// and of a distribution.
func TestTimesSaturate(t *testing.T) {
	const day = 24 * time.Hour
	longest := time.Duration(math.MaxInt64).Seconds()
	tel := newTelemetry(t, untraced)
	cursor := tel.Cursor()
	now := time.Now()
	_, s := tel.StartStore(context.Background(), 1)
	for range math.MaxInt64/day + 2 {
		s.RecordPhase(otelcache.Put, now.Add(-day), now)
		s.RecordPhase(verifyChecksums, now.Add(-day), now)
	}
	s.Finish(1)
	for range math.MaxInt64/(365*day) + 2 {
		tel.RecordChunkReuse(context.Background(), 365*day)
	}
	got := cursor.Next()
	for name, d := range map[string]otelcache.Distribution{
		"phase": got.StorePutDuration, "phase of the host": got.OperationPhaseDuration, "chunk": got.ChunkLifespan,
	} {
		if d.Sum() != longest {
			t.Errorf("%s: the sum is %v s, want %v", name, d.Sum(), longest)
		}
	}
	if got := tel.fed(t)["lmcache.store.put.duration"]; got != fmt.Sprintf("sum %v, 1 above", longest) {
		t.Errorf("the phase took %s, want %v s", got, longest)
	}
	tel.RecordChunkReuse(context.Background(), day)
	if d := cursor.Next().ChunkLifespan; d.Count() != 1 || d.Sum() != 0 {
		t.Errorf("got %d idle times that sum to %v, want 1 beyond the largest sum", d.Count(), d.Sum())
	}
}

// TestExtremeSpeedsAndRates has the fastest and the slowest operations that can be,
// and the smallest hit rate, in distributions: each has a bucket, and no sum is NaN
// or infinite.
func TestExtremeSpeedsAndRates(t *testing.T) {
	onlyOn64Bits(t)
	tel := newTelemetry(t, untraced)
	cursor := tel.Cursor()
	now := time.Now()
	record := func(hits int, d time.Duration) {
		tel.RecordRetrieve(context.Background(), otelcache.Record{Start: now.Add(-d), End: now, Tokens: 1 << 53, Hits: hits})
	}
	for power := range 54 {
		record(1<<power, 1)
	}
	record(1, 24*time.Hour)
	tel.RecordLookup(context.Background(), otelcache.Record{Tokens: 1 << 53, Hits: 1})
	got := cursor.Next()
	wantSpeeds := 0.0
	for power := range 54 {
		wantSpeeds += math.Ldexp(1, power) / 1e-9
	}
	if d := got.RetrieveSpeed; d.Count() != 55 || math.Abs(d.Sum()/wantSpeeds-1) > 1e-9 {
		t.Errorf("got %d speeds that sum to %v, want 55 and %v", d.Count(), d.Sum(), wantSpeeds)
	}
	if slowest := 1 / (24 * time.Hour).Seconds(); math.Abs(got.RetrieveSpeed.Min()/slowest-1) > 0.05 {
		t.Errorf("the slowest is %v, want %v", got.RetrieveSpeed.Min(), slowest)
	}
	if most := got.RetrieveSpeed.Max(); most < math.Ldexp(1, 45) || math.IsInf(most, 0) {
		t.Errorf("the fastest is %v, want the last bucket's", most)
	}
	if d := got.LookupRequestHitRate; d.Count() != 1 || d.Sum() != math.Ldexp(1, -53) {
		t.Errorf("got %d hit rates that sum to %v, want one of 2^-53", d.Count(), d.Sum())
	}
}

// TestPinnedObjects compares the number of pinned objects with a model's.
func TestPinnedObjects(t *testing.T) {
	onlyOn64Bits(t)
	tel := newTelemetry(t)
	var model int64
	rnd := rand.New(rand.NewPCG(1, 2))
	deltas := []int64{1, -1, 5, -5, 1 << 52, -1 << 52, 1 << 53, -1 << 53, 1 << 60, math.MinInt64, math.MaxInt64}
	for range 2000 {
		delta := deltas[rnd.IntN(len(deltas))]
		otelcache.ForgetReports()
		tel.AddPinnedObjects(int(delta))
		switch {
		case delta < -model || delta > 1<<53-model:
			if errs := tel.misuse.take(); len(errs) != 1 {
				t.Fatalf("%d more than %d: got %v, want a report", delta, model, errs)
			}
		default:
			model += delta
		}
		if got := totalOf(t, collect(t, tel.reader), "lmcache.memory.pinned_objects"); got != model {
			t.Fatalf("%d objects are pinned after %d, want %d", got, delta, model)
		}
	}
}

// TestPinnedObjectsConcurrentSafe has goroutines pin and unpin, some of them once
// too often.
func TestPinnedObjectsConcurrentSafe(t *testing.T) {
	const goroutines, each = 8, 20_000
	tel := newTelemetry(t)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				tel.AddPinnedObjects(3)
				tel.AddPinnedObjects(-1 << 40) // more than anybody has pinned
				tel.AddPinnedObjects(-1)
				tel.AddPinnedObjects(-1)
			}
		})
	}
	wg.Wait()
	tel.wantMisuse(t, "unpinned", "-1099511627776 of", "lmcache.memory.pinned_objects")
	if got := totalOf(t, collect(t, tel.reader), "lmcache.memory.pinned_objects"); got != goroutines*each {
		t.Errorf("%d objects are pinned, want %d", got, goroutines*each)
	}
	for range goroutines*each + 1 {
		tel.AddPinnedObjects(-1)
	}
	if got := totalOf(t, collect(t, tel.reader), "lmcache.memory.pinned_objects"); got != 0 {
		t.Errorf("%d objects are pinned, want none", got)
	}
}

// TestDistributionSumsConcurrentSafe adds up speeds from eight goroutines. All are
// the same power of two, so that their sum is exact.
func TestDistributionSumsConcurrentSafe(t *testing.T) {
	tel := newTelemetry(t, untraced)
	cursor := tel.Cursor()
	now := time.Now()
	const goroutines, each = 8, 20_000
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				tel.RecordRetrieve(context.Background(), otelcache.Record{Start: now.Add(-time.Second), End: now, Tokens: 1024, Hits: 512})
			}
		})
	}
	wg.Wait()
	if d := cursor.Next().RetrieveSpeed; d.Count() != goroutines*each || d.Sum() != goroutines*each*512 {
		t.Errorf("got %d speeds that sum to %v, want %d and %d", d.Count(), d.Sum(), goroutines*each, goroutines*each*512)
	}
}
