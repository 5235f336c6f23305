// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// tiersOption has a tier of each kind.
var tiersOption = otelcache.WithTiers(otelcache.Device("gpu"), otelcache.CPU("memory"), otelcache.Disk("nvme"),
	otelcache.Remote("redis"), otelcache.Peer("worker1"))

const (
	ofGPU    = "{lmcache.tier.kind=device lmcache.tier.name=gpu}"
	ofMemory = "{lmcache.tier.kind=cpu lmcache.tier.name=memory}"
	ofNVMe   = "{lmcache.tier.kind=disk lmcache.tier.name=nvme}"
	ofRedis  = "{lmcache.tier.kind=remote lmcache.tier.name=redis}"
	ofPeer   = "{lmcache.tier.kind=peer lmcache.tier.name=worker1}"
	ofOther  = "{lmcache.tier.kind=_OTHER lmcache.tier.name=_OTHER}"
)

func missed(reason string) string {
	return "lmcache.lookup.missed_tokens{lmcache.miss.reason=" + reason + "}"
}

func skipped(reason string) string {
	return "lmcache.store.skipped_tokens{lmcache.skip.reason=" + reason + "}"
}

// tierFeeds has hits by tier, and misses and skipped tokens by reason.
var tierFeeds = []feed{
	{
		name: "tiers: lookup with hits of all tiers and misses of all reasons", feed: func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 2047)
			for i, tier := range []string{"gpu", "memory", "nvme", "redis", "worker1", "unknown"} {
				l.Hit(tier, 1<<i)
			}
			for i, reason := range []otelcache.MissReason{
				otelcache.NotFound, otelcache.Evicted, otelcache.Expired, otelcache.Unreachable, otelcache.TimedOut,
				otelcache.LookupFailed, otelcache.PromptChanged, otelcache.Elsewhere, otelcache.Uncacheable, 200,
			} {
				l.Miss(reason, 100+i)
			}
			l.Finish(63)
		},
		want: points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "2047", "lmcache.lookup.hit_tokens": "63",
			"lmcache.lookup.request_hit_rate":        "sum 0.030776746458231558, 1 ≤ 0.1",
			"lmcache.lookup.tier.hit_tokens" + ofGPU: "1", "lmcache.lookup.tier.hit_tokens" + ofMemory: "2",
			"lmcache.lookup.tier.hit_tokens" + ofNVMe: "4", "lmcache.lookup.tier.hit_tokens" + ofRedis: "8",
			"lmcache.lookup.tier.hit_tokens" + ofPeer: "16", "lmcache.lookup.tier.hit_tokens" + ofOther: "32",
			missed("not_found"): "100", missed("evicted"): "101", missed("expired"): "102", missed("unreachable"): "103",
			missed("timed_out"): "104", missed("failed"): "105", missed("prompt_changed"): "106", missed("elsewhere"): "107",
			missed("uncacheable"): "108", missed("_OTHER"): "1048", // 109 and the 939 that nobody gives a reason for
		},
	},
	{
		name: "tiers: lookup with more hits and misses than there are", feed: func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 100)
			l.Hit("redis", 50) // far tiers give way
			l.Hit("memory", 30)
			l.Hit("unknown", 50)
			l.Hit("memory", 10)
			l.Miss(otelcache.Uncacheable, 20)
			l.Miss(otelcache.Evicted, 15)
			l.Finish(75)
		},
		want: points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "100", "lmcache.lookup.hit_tokens": "75",
			"lmcache.lookup.request_hit_rate":           "sum 0.75, 1 ≤ 0.8",
			"lmcache.lookup.tier.hit_tokens" + ofMemory: "40", "lmcache.lookup.tier.hit_tokens" + ofRedis: "35",
			missed("evicted"): "15", missed("uncacheable"): "10",
		},
	},
	{
		name: "tiers: retrieve with hits of all tiers", feed: func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 100)
			for i, tier := range []string{"gpu", "memory", "nvme", "redis", "worker1"} {
				r.Hit(tier, 1+i)
			}
			r.Finish(21)
		},
		want: points{
			"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "100", "lmcache.retrieve.hit_tokens": "21",
			"lmcache.retrieve.tier.hit_tokens" + ofGPU: "1", "lmcache.retrieve.tier.hit_tokens" + ofMemory: "2",
			"lmcache.retrieve.tier.hit_tokens" + ofNVMe: "3", "lmcache.retrieve.tier.hit_tokens" + ofRedis: "4",
			"lmcache.retrieve.tier.hit_tokens" + ofPeer: "5", "lmcache.retrieve.tier.hit_tokens" + ofOther: "6",
		},
	},
	{
		name: "tiers: retrieve failed after a hit", feed: func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 100)
			r.Hit("gpu", 10)
			r.Fail(errBroken)
		},
		want: points{
			"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "100", "lmcache.retrieve.failures": "1",
		},
	},
	{
		name: "tiers: store with skips of all reasons", feed: func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 100)
			s.Skip(otelcache.Exists, 1)
			s.Skip(otelcache.Full, 2)
			s.Skip(otelcache.Policy, 3)
			s.Skip(otelcache.PutFailed, 4)
			s.Skip(100, 5)
			s.Finish(80)
		},
		want: points{
			"lmcache.store.requests": "1", "lmcache.store.tokens": "80",
			skipped("exists"): "1", skipped("full"): "2", skipped("policy"): "3", skipped("failed"): "4", skipped("_OTHER"): "10",
		},
	},
	{
		name: "tiers: store failed after a skip", feed: func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 100)
			s.Skip(otelcache.Exists, 30)
			s.Fail(errBroken)
		},
		want: points{
			"lmcache.store.requests": "1", "lmcache.store.failures": "1", skipped("exists"): "30", skipped("failed"): "70",
		},
	},
	{
		name: "tiers: recorded lookup, retrieve and store with claims", feed: func(ctx context.Context, m *otelcache.Monitor) {
			r := otelcache.Record{
				Tokens: 10, Hits: 6, Stored: 7,
				TierHits: []otelcache.TierHit{{"memory", 4}, {"redis", 2}},
				Misses:   []otelcache.Miss{{otelcache.Evicted, 3}},
				Skips:    []otelcache.Skip{{otelcache.Full, 2}},
			}
			m.RecordLookup(ctx, r)
			m.RecordRetrieve(ctx, r)
			m.RecordStore(ctx, r)
		},
		want: points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "10", "lmcache.lookup.hit_tokens": "6",
			"lmcache.lookup.request_hit_rate": "sum 0.6, 1 ≤ 0.6",
			"lmcache.retrieve.requests":       "1", "lmcache.retrieve.requested_tokens": "10", "lmcache.retrieve.hit_tokens": "6",
			"lmcache.store.requests": "1", "lmcache.store.tokens": "7",
			"lmcache.lookup.tier.hit_tokens" + ofMemory: "4", "lmcache.lookup.tier.hit_tokens" + ofRedis: "2",
			"lmcache.retrieve.tier.hit_tokens" + ofMemory: "4", "lmcache.retrieve.tier.hit_tokens" + ofRedis: "2",
			missed("evicted"): "3", missed("_OTHER"): "1", skipped("full"): "2", skipped("_OTHER"): "1",
		},
	},
}

// TestReasonsOfErrors fails lookups with errors of hosts.
func TestReasonsOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "failed"},
		{errBroken, "failed"},
		{context.DeadlineExceeded, "timed_out"},
		{fmt.Errorf("get: %w", os.ErrDeadlineExceeded), "timed_out"},
		{&net.DNSError{IsTimeout: true}, "timed_out"},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "unreachable"},
		{fmt.Errorf("get: %w", syscall.ECONNRESET), "unreachable"},
		{net.ErrClosed, "unreachable"},
		{io.EOF, "unreachable"},
		{panicking{}, "failed"},
	} {
		tel := newTelemetry(t)
		_, l := tel.StartLookup(context.Background(), 10)
		l.Hit("memory", 5)
		l.Miss(otelcache.Evicted, 5)
		l.Fail(c.err)
		for name, value := range tel.fed(t) {
			if strings.HasPrefix(name, "lmcache.lookup.missed_tokens") && (name != missed(c.want) || value != "10") {
				t.Errorf("%v: got %s %s, want all 10 tokens as %s", c.err, value, name, c.want)
			}
		}
	}
}

// panicking is an error whose methods panic.
type panicking struct{}

func (panicking) Error() string   { panic("no text") }
func (panicking) Is(error) bool   { panic("no kind") }
func (panicking) As(any) bool     { panic("no type") }
func (panicking) Unwrap() []error { panic("no cause") }

// TestTiersStartAtZero checks what is there before anything happens.
func TestTiersStartAtZero(t *testing.T) {
	got := newTelemetry(t, tiersOption).collect(t)
	for _, tier := range []string{ofGPU, ofMemory, ofNVMe, ofRedis, ofPeer} {
		for _, name := range []string{"lmcache.lookup.tier.hit_tokens", "lmcache.retrieve.tier.hit_tokens"} {
			if got[name+tier] != "0" {
				t.Errorf("%s is %q, want 0", name+tier, got[name+tier])
			}
		}
	}
	for _, name := range []string{"lmcache.lookup.tier.hit_tokens" + ofOther, missed("_OTHER"), missed("evicted"), skipped("full")} {
		want := "0"
		if strings.HasSuffix(name, ofOther) {
			want = ""
		}
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// TestInvalidTiers has tiers that cannot be told apart or named.
func TestInvalidTiers(t *testing.T) {
	var nine []otelcache.Tier
	for i := range 9 {
		nine = append(nine, otelcache.CPU(fmt.Sprint(i)))
	}
	for _, c := range []struct {
		tiers []otelcache.Tier
		words []string
	}{
		{nine, []string{"9 tiers", "at most 8"}},
		{[]otelcache.Tier{{}}, []string{"zero Tier", "want one that"}},
		{[]otelcache.Tier{otelcache.CPU("")}, []string{`""`, "1 to 64 bytes"}},
		{[]otelcache.Tier{otelcache.CPU("\xff")}, []string{`"\xff"`, "UTF-8"}},
		{[]otelcache.Tier{otelcache.CPU(strings.Repeat("a", 65))}, []string{"1 to 64 bytes"}},
		{[]otelcache.Tier{otelcache.CPU("_OTHER")}, []string{"_OTHER"}},
		{[]otelcache.Tier{otelcache.CPU("a"), otelcache.Disk("a")}, []string{`"a"`, "one name each"}},
	} {
		_, err := otelcache.New(testEngine, otelcache.WithTiers(c.tiers...))
		wantError(t, err, otelcache.ErrInvalidOption, c.words...)
	}
	if tier := otelcache.Remote("redis"); tier.Name() != "redis" || tier.Kind() != "remote" {
		t.Errorf("got %q of kind %q", tier.Name(), tier.Kind())
	}
}

// TestClaimsAfterTheEnd are reported.
func TestClaimsAfterTheEnd(t *testing.T) {
	tel := newTelemetry(t, tiersOption)
	_, l := tel.StartLookup(context.Background(), 10)
	l.Finish(0)
	l.Hit("gpu", 1)
	tel.wantMisuse(t, "hit in lmcache.lookup")
}

// TestHitTokensOfSpans checks the attributes that the span of a lookup has for
// the tiers that served it.
func TestHitTokensOfSpans(t *testing.T) {
	tel := newTelemetry(t, tiersOption)
	_, l := tel.StartLookup(context.Background(), 10)
	l.Hit("redis", 3)
	l.Hit("gpu", 1)
	l.Finish(6)
	got := attribute.NewSet(tel.spans.Ended()[0].Attributes()...)
	for key, want := range map[attribute.Key]int64{
		"lmcache.hit_tokens.gpu": 1, "lmcache.hit_tokens.redis": 3, "lmcache.hit_tokens._OTHER": 2, "lmcache.hit_tokens.memory": 0,
	} {
		if v, ok := got.Value(key); v.AsInt64() != want || ok != (want > 0) {
			t.Errorf("%s is %d, want %d", key, v.AsInt64(), want)
		}
	}
}

// TestTokensAddUpConcurrentSafe has eight goroutines make claims of all sizes in
// operations that end in every way. At the end hits by tier are the tokens hit, and
// hits, misses and abandoned tokens those requested; on every page before, no more.
func TestTokensAddUpConcurrentSafe(t *testing.T) {
	r := sdkmetric.NewManualReader()
	tel := newTelemetry(t, tiersOption, untraced, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))))
	tel.reader = r
	var wg sync.WaitGroup
	for seed := range uint64(8) {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for range 1000 {
				claimAtRandom(tel.Monitor, random)
			}
		})
	}
	defer tel.misuse.take() // of more hits than requested
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		default:
		}
		got := tokensOf(tel.collect(t))
		for _, of := range []string{"lookup", "retrieve"} {
			byTier, hit := got["lmcache."+of+".tier.hit_tokens"], got["lmcache."+of+".hit_tokens"]
			requested := got["lmcache."+of+".requested_tokens"]
			if byTier > hit || hit > requested || !running && byTier != hit {
				t.Fatalf("%s: %d tokens hit by tier, %d hit, %d requested", of, byTier, hit, requested)
			}
		}
		gone := got["lmcache.lookup.hit_tokens"] + got["lmcache.lookup.missed_tokens"] + got["lmcache.lookup.abandoned_tokens"]
		if requested := got["lmcache.lookup.requested_tokens"]; gone > requested || !running && gone != requested {
			t.Fatalf("%d tokens were hit, missed or abandoned, want the %d requested", gone, requested)
		}
	}
}

// tokensOf adds up the points of each metric.
func tokensOf(all points) map[string]int64 {
	sums := map[string]int64{}
	for point, value := range all {
		var n int64
		fmt.Sscan(value, &n)
		name, _ := splitPoint(point)
		sums[name] += n
	}
	return sums
}

// claimAtRandom runs a lookup and a retrieve.
func claimAtRandom(m *otelcache.Monitor, random *rand.Rand) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tiers := []string{"gpu", "memory", "nvme", "redis", "worker1", "unknown"}
	ends := []error{nil, nil, nil, nil, errBroken, context.DeadlineExceeded, context.Canceled, errors.New("claim")}
	_, l := m.StartLookup(ctx, random.IntN(1000))
	_, r := m.StartRetrieve(ctx, random.IntN(1000))
	for range random.IntN(8) {
		l.Hit(tiers[random.IntN(len(tiers))], random.IntN(400))
		l.Miss(otelcache.MissReason(random.IntN(11)), random.IntN(400))
		r.Hit(tiers[random.IntN(len(tiers))], random.IntN(400))
	}
	for _, o := range []interface {
		Finish(int)
		Fail(error)
	}{l, r} {
		if err := ends[random.IntN(len(ends))]; err != nil {
			o.Fail(err)
		} else {
			o.Finish(random.IntN(1200))
		}
	}
	l.Abandon()
	time.Sleep(time.Duration(random.IntN(2)) * time.Microsecond)
}

// TestPendingLookupOfOtherTiers ends a lookup on a monitor that is not the set's
// and declares other tiers, in another order.
func TestPendingLookupOfOtherTiers(t *testing.T) {
	tel := newTelemetry(t, otelcache.WithTiers(otelcache.Remote("redis"), otelcache.CPU("memory")))
	s := newEngineSet(t, 2, tiersOption)
	_, l := s.StartLookup(context.Background(), 100)
	for tier, tokens := range map[string]int{"gpu": 1, "memory": 2, "nvme": 4, "redis": 8, "unknown": 16} {
		l.Hit(tier, tokens)
	}
	l.Miss(otelcache.Evicted, 60)
	l.FinishOn(tel.Monitor, 31)
	got := tel.fed(t)
	for point, want := range map[string]string{
		"lmcache.lookup.tier.hit_tokens" + ofMemory: "2", "lmcache.lookup.tier.hit_tokens" + ofRedis: "8",
		"lmcache.lookup.tier.hit_tokens" + ofOther: "21", missed("evicted"): "60", missed("_OTHER"): "9",
	} {
		if got[point] != want {
			t.Errorf("%s is %q, want %s", point, got[point], want)
		}
	}
}
