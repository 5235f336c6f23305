// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// tierNames are those of tiersOption and one that is not declared, with the
// attributes that their data points have.
var tierNames = []struct{ name, attrs string }{
	{"gpu", ofGPU},
	{"memory", ofMemory},
	{"nvme", ofNVMe},
	{"redis", ofRedis},
	{"worker1", ofPeer},
	{"unknown", ofOther},
}

// with adds attributes whose keys are sorted behind those of a tier.
func with(attrs, more string) string { return strings.TrimSuffix(attrs, "}") + " " + more + "}" }

// ofOperation returns the attributes of operations of a tier.
func ofOperation(attrs, operation, purpose string) string {
	return with(attrs, "lmcache.tier.operation="+operation+" lmcache.tier.purpose="+purpose)
}

// tierOperation is a read, a write or a move.
type tierOperation interface {
	everyOperation
	Finish(tokens int, bytes int64)
}

// readOrWrite starts an operation by its name.
func readOrWrite(ctx context.Context, t *otelcache.TierMonitor, name string, tokens int, opts ...otelcache.TierOption) (context.Context, tierOperation) {
	if name == "read" {
		ctx, o := t.StartRead(ctx, tokens, opts...)
		return ctx, o
	}
	ctx, o := t.StartWrite(ctx, tokens, opts...)
	return ctx, o
}

// tierOperationFeeds has what tiers do. Of each tier there is one operation
// that finishes after a millisecond, one that fails, one that is cancelled, and
// one that is in flight for a millisecond.
func tierOperationFeeds() (rows []feed) {
	for _, operation := range []string{"read", "write"} {
		for purpose, name := range []string{"request", "prefetch", "move"} {
			rows = append(rows, tierOperationFeed(operation, otelcache.Purpose(purpose), name))
		}
	}
	return append(rows, tierEventFeeds()...)
}

func tierOperationFeed(operation string, purpose otelcache.Purpose, name string) feed {
	want := points{}
	for i, tier := range tierNames {
		of := ofOperation(tier.attrs, operation, name)
		want["lmcache.tier.operations"+of] = "4"
		want["lmcache.tier.tokens"+of] = fmt.Sprint(100 + i)
		want["lmcache.tier.io"+of] = fmt.Sprint(4000 + i)
		want["lmcache.tier.operation.failures"+of] = "1"
		want["lmcache.tier.operation.cancelled"+of] = "1"
		want["lmcache.tier.active_operations"+of] = "1"
		want["lmcache.tier.oldest_operation.age"+tier.attrs] = "0.001"
		want["lmcache.tier.operation.duration"+of] = "sum 0.001, 1 ≤ 0.001"
		want["lmcache.tier.operation.duration{error.type=*errors.errorString "+of[1:]] = "sum 0.001, 1 ≤ 0.001"
		want["lmcache.tier.throughput"+of] = fmt.Sprintf("sum %v, 1 ≤ 5e+06", float64(4000+i)/0.001)
	}
	of := map[string][2]string{"read": {"read", "get"}, "write": {"write", "put"}}[operation]
	maps.Copy(want, points{
		"lmcache.remote." + of[0] + ".requests":                                 "1",
		"lmcache.remote." + of[0] + ".io":                                       "4003",
		"lmcache.remote." + of[1] + ".duration":                                 "sum 0.001, 1 ≤ 0.001",
		"lmcache.remote." + of[1] + ".duration{error.type=*errors.errorString}": "sum 0.001, 1 ≤ 0.001",
		"lmcache.remote." + of[1] + ".failures":                                 "1",
		"lmcache.remote." + of[1] + ".cancelled":                                "1",
	})
	return feed{"tiers: " + operation + " for a " + name, func(ctx context.Context, m *otelcache.Monitor) {
		start := func(tier string) tierOperation {
			_, o := readOrWrite(ctx, m.Tier(tier), operation, 1000, purpose)
			return o
		}
		var finished, failed, cancelled []tierOperation
		for _, tier := range tierNames {
			finished = append(finished, start(tier.name))
			failed = append(failed, start(tier.name))
			cancelled = append(cancelled, start(tier.name))
		}
		time.Sleep(ms)
		for i := range tierNames {
			finished[i].Finish(100+i, int64(4000+i))
			failed[i].Fail(errBroken)
			cancelled[i].Abandon()
			start(tierNames[i].name)
		}
		time.Sleep(ms)
	}, want}
}

func tierEventFeeds() []feed {
	evicted, cleared, levels := points{}, points{}, points{}
	for i, tier := range tierNames {
		for r, reason := range []string{"capacity", "expired", "deleted", "lost", "_OTHER"} {
			attrs := "{lmcache.eviction.reason=" + reason + " " + tier.attrs[1:]
			evicted["lmcache.tier.evicted_keys"+attrs] = fmt.Sprint(10*i + r + 1)
			evicted["lmcache.tier.evicted_size"+attrs] = fmt.Sprint(100*i + r + 1)
		}
		cleared["lmcache.tier.clears"+tier.attrs] = "1"
		levels["lmcache.tier.usage"+tier.attrs] = fmt.Sprint(10 + i)
		levels["lmcache.tier.limit"+tier.attrs] = fmt.Sprint(20 + i)
		levels["lmcache.tier.entries"+tier.attrs] = fmt.Sprint(30 + i)
	}
	evicted["lmcache.local_cpu.evictions"] = "5"
	evicted["lmcache.local_cpu.evicted_keys"] = "65" // 11 to 15
	maps.Copy(levels, points{
		"lmcache.local_cache.usage": "11", "lmcache.local_storage.usage": "12", "lmcache.remote_cache.usage": "13",
	})
	return []feed{
		{"tiers: evictions", func(ctx context.Context, m *otelcache.Monitor) {
			for i, tier := range tierNames {
				for r := range 5 {
					m.Tier(tier.name).Evict(ctx, 10*i+r+1, int64(100*i+r+1), otelcache.EvictionReason(r))
				}
			}
		}, evicted},
		{"tiers: evictions of unknown size, for an unknown reason", func(ctx context.Context, m *otelcache.Monitor) {
			m.Tier("redis").Evict(ctx, 3, otelcache.Unknown, 100)
		}, points{"lmcache.tier.evicted_keys{lmcache.eviction.reason=_OTHER " + ofRedis[1:]: "3"}},
		{"tiers: cleared", func(ctx context.Context, m *otelcache.Monitor) {
			m.Clear(ctx)
			m.Tier("unknown").Clear(ctx)
		}, cleared},
		{"tiers: levels", func(_ context.Context, m *otelcache.Monitor) {
			for i, tier := range tierNames {
				t := m.Tier(tier.name)
				t.SetUsage(int64(10 + i))
				t.SetLimit(int64(20 + i))
				t.SetEntries(int64(30 + i))
			}
		}, levels},
		moveFeed("a demotion", "memory", ofMemory, "nvme", ofNVMe, points{
			"lmcache.local_cpu.evictions": "1", "lmcache.local_cpu.evicted_keys": "3",
		}),
		moveFeed("a promotion", "memory", ofMemory, "gpu", ofGPU, nil),
		moveFeed("a move to an unknown tier", "memory", ofMemory, "tape", ofOther, points{
			"lmcache.local_cpu.evictions": "1", "lmcache.local_cpu.evicted_keys": "3",
		}),
		moveFeed("a move that LMCache has two names of", "redis", ofRedis, "memory", ofMemory, points{
			"lmcache.remote.read.requests": "1", "lmcache.remote.read.io": "4000", "lmcache.remote.get.duration": "sum 0.001, 1 ≤ 0.001",
		}),
		{"tiers: move failed, move abandoned", func(ctx context.Context, m *otelcache.Monitor) {
			_, o := m.Tier("memory").StartMove(ctx, "redis", 1000)
			o.Fail(errBroken)
			_, o = m.Tier("memory").StartMove(ctx, "redis", 1000)
			o.Abandon()
		}, points{
			"lmcache.tier.operations" + ofOperation(ofMemory, "read", "move"):                                             "2",
			"lmcache.tier.operations" + ofOperation(ofRedis, "write", "move"):                                             "2",
			"lmcache.tier.operation.failures" + ofOperation(ofMemory, "read", "move"):                                     "1",
			"lmcache.tier.operation.failures" + ofOperation(ofRedis, "write", "move"):                                     "1",
			"lmcache.tier.operation.cancelled" + ofOperation(ofMemory, "read", "move"):                                    "1",
			"lmcache.tier.operation.cancelled" + ofOperation(ofRedis, "write", "move"):                                    "1",
			"lmcache.tier.operation.duration{error.type=*errors.errorString " + ofOperation(ofMemory, "read", "move")[1:]: "sum 0, 1 ≤ 1e-05",
			"lmcache.tier.operation.duration{error.type=*errors.errorString " + ofOperation(ofRedis, "write", "move")[1:]: "sum 0, 1 ≤ 1e-05",
			"lmcache.remote.put.failures": "1", "lmcache.remote.put.cancelled": "1",
		}},
	}
}

// moveFeed has a move of three keys that takes a millisecond, and what LMCache
// has of it.
func moveFeed(name, from, ofFrom, to, ofTo string, lmcache points) feed {
	want := points{}
	maps.Copy(want, lmcache)
	for _, of := range []string{ofOperation(ofFrom, "read", "move"), ofOperation(ofTo, "write", "move")} {
		maps.Copy(want, points{
			"lmcache.tier.operations" + of: "1", "lmcache.tier.tokens" + of: "256", "lmcache.tier.io" + of: "4000",
			"lmcache.tier.operation.duration" + of: "sum 0.001, 1 ≤ 0.001", "lmcache.tier.throughput" + of: "sum 4e+06, 1 ≤ 5e+06",
		})
	}
	return feed{"tiers: " + name, func(ctx context.Context, m *otelcache.Monitor) {
		// A purpose of a move is ignored.
		_, o := m.Tier(from).StartMove(ctx, to, 1000, otelcache.WithKeys(3), otelcache.ForPrefetch)
		time.Sleep(ms)
		o.Finish(256, 4000)
	}, want}
}

// TestTierSpans has a tree of what tiers do under a request, and nothing where
// no request is recorded.
func TestTierSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t, tiersOption)
		redis, memory := tel.Tier("redis"), tel.Tier("memory")
		everything := func(ctx context.Context) {
			rctx, read := redis.StartRead(ctx, 100, otelcache.WithKeys(2), otelcache.ForPrefetch)
			tel.Tier("worker1").RecordWrite(rctx, otelcache.TierRecord{End: time.Now(), Tokens: 5, Bytes: otelcache.Unknown})
			read.SetRequestID("r1")
			read.Finish(90, 4096)
			mctx, move := memory.StartMove(ctx, "nvme", otelcache.Unknown)
			memory.Evict(mctx, 3, 300, otelcache.Expiry)
			memory.Evict(mctx, 3, otelcache.Unknown, otelcache.Loss)
			move.Fail(errBroken)
			_, write := memory.StartWrite(ctx, 1)
			write.Abandon()
			redis.Clear(ctx)
		}
		everything(context.Background())
		remote := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
		everything(trace.ContextWithRemoteSpanContext(context.Background(), remote))
		wantSpans(t, tel, "")
		ctx, request := tel.tracer.Tracer("host").Start(context.Background(), "request")
		everything(ctx)
		request.End()
		wantSpans(t, tel, `
			request
			  lmcache.tier.read (client){lmcache.bytes=4096 lmcache.keys=2 lmcache.request.id=r1 lmcache.tier.kind=remote lmcache.tier.name=redis lmcache.tier.purpose=prefetch lmcache.tokens.moved=90 lmcache.tokens.requested=100}
			    lmcache.tier.write (client){lmcache.tier.kind=peer lmcache.tier.name=worker1 lmcache.tier.purpose=request lmcache.tokens.moved=5 lmcache.tokens.requested=5}
			  lmcache.tier.read{error.type=*errors.errorString lmcache.tier.kind=cpu lmcache.tier.name=memory lmcache.tier.purpose=move} Error: broken event exception
			    lmcache.tier.write{error.type=*errors.errorString lmcache.tier.kind=disk lmcache.tier.name=nvme lmcache.tier.purpose=move} Error: broken event exception
			      lmcache.tier.evict{lmcache.bytes=300 lmcache.eviction.reason=expired lmcache.keys=3 lmcache.tier.kind=cpu lmcache.tier.name=memory}
			      lmcache.tier.evict{lmcache.eviction.reason=lost lmcache.keys=3 lmcache.tier.kind=cpu lmcache.tier.name=memory}
			  lmcache.tier.write{lmcache.cancelled=true lmcache.tier.kind=cpu lmcache.tier.name=memory lmcache.tier.purpose=request lmcache.tokens.requested=1}
			  lmcache.tier.clear{lmcache.tier.kind=remote lmcache.tier.name=redis}
		`)
	})
}

// TestBatchedReads have links to the requests that they serve and are children
// of none, live and recorded. They have a span if one of the requests is
// sampled.
func TestBatchedReads(t *testing.T) {
	tel := newTelemetry(t, tiersOption)
	a, spanOfA := tel.tracer.Tracer("host").Start(context.Background(), "a")
	b, spanOfB := tel.tracer.Tracer("host").Start(context.Background(), "b")
	unsampled := trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})}
	links := []trace.Link{unsampled, trace.LinkFromContext(a), trace.LinkFromContext(b)}
	redis, now := tel.Tier("redis"), time.Now()
	_, read := redis.StartRead(a, 100, otelcache.WithLinks(links...))
	read.Finish(100, 1)
	redis.RecordRead(a, otelcache.TierRecord{End: now, Links: links})
	_, move := redis.StartMove(context.Background(), "memory", 100, otelcache.WithLinks(links...))
	move.Finish(100, 1)
	redis.RecordMove(context.Background(), "memory", otelcache.TierRecord{End: now, Links: links})
	_, read = redis.StartRead(a, 100, otelcache.WithLinks(unsampled))
	read.Finish(100, 1)
	redis.RecordRead(a, otelcache.TierRecord{End: now, Links: []trace.Link{unsampled}})
	_, move = redis.StartMove(a, "memory", 100, otelcache.WithLinks(unsampled))
	move.Finish(100, 1)
	spans := tel.spans.Ended()
	if len(spans) != 2+2*2 {
		t.Fatalf("%d spans, want one of each read and two of each move that serve a sampled request", len(spans))
	}
	for _, s := range spans {
		isRoot := s.Name() == "lmcache.tier.read"
		if isRoot == s.Parent().IsValid() {
			t.Errorf("%s has the parent %v", s.Name(), s.Parent().SpanID())
		}
		var linked []trace.SpanID
		for _, l := range s.Links() {
			linked = append(linked, l.SpanContext.SpanID())
		}
		want := []trace.SpanID{{1}, spanOfA.SpanContext().SpanID(), spanOfB.SpanContext().SpanID()}
		if isRoot && !reflect.DeepEqual(linked, want) {
			t.Errorf("%s has links to %v, want %v", s.Name(), linked, want)
		}
	}
}

// TestTierRecordedLikeLive compares recorded operations of tiers with the same
// ones live.
func TestTierRecordedLikeLive(t *testing.T) {
	const d = 2 * time.Second
	record := func(r otelcache.TierRecord) otelcache.TierRecord {
		r.End = time.Now()
		r.Start = r.End.Add(-d)
		return r
	}
	tenant := attribute.String("tenant", "a")
	for name, c := range map[string]struct {
		live, recorded func(context.Context, *otelcache.Monitor)
	}{
		"read": {func(ctx context.Context, m *otelcache.Monitor) {
			ctx, o := m.Tier("redis").StartRead(ctx, 100, otelcache.ForPrefetch, otelcache.WithKeys(7))
			_, p := o.StartPhase(ctx, verifyChecksums)
			time.Sleep(d)
			p.End()
			o.SetRequestID("r1")
			o.SetAttributes(tenant)
			o.Finish(100, 5000)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			r := record(otelcache.TierRecord{Tokens: 100, Bytes: 5000, Keys: 7, Purpose: otelcache.ForPrefetch, RequestID: "r1"})
			r.Attributes = []attribute.KeyValue{tenant}
			r.Phases = []otelcache.PhaseRecord{{Name: verifyChecksums, Start: r.Start, End: r.End}}
			m.Tier("redis").RecordRead(ctx, r)
		}},
		"write of unknown bytes": {func(ctx context.Context, m *otelcache.Monitor) {
			_, o := m.Tier("memory").StartWrite(ctx, 100)
			time.Sleep(d)
			o.Finish(100, otelcache.Unknown)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.Tier("memory").RecordWrite(ctx, record(otelcache.TierRecord{Tokens: 100, Bytes: otelcache.Unknown}))
		}},
		"read of unknown tokens": {func(ctx context.Context, m *otelcache.Monitor) {
			_, o := m.Tier("elsewhere").StartRead(ctx, otelcache.Unknown)
			time.Sleep(d)
			o.Finish(otelcache.Unknown, 0)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.Tier("elsewhere").RecordRead(ctx, record(otelcache.TierRecord{Tokens: otelcache.Unknown}))
		}},
		"read failed": {func(ctx context.Context, m *otelcache.Monitor) {
			_, o := m.Tier("redis").StartRead(ctx, 100)
			time.Sleep(d)
			o.Fail(errBroken)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.Tier("redis").RecordRead(ctx, record(otelcache.TierRecord{Tokens: 100, Bytes: 7, Err: errBroken}))
		}},
		"move": {func(ctx context.Context, m *otelcache.Monitor) {
			_, o := m.Tier("memory").StartMove(ctx, "redis", 100, otelcache.WithKeys(3))
			time.Sleep(d)
			o.Finish(100, 5000)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.Tier("memory").RecordMove(ctx, "redis", record(otelcache.TierRecord{Tokens: 100, Bytes: 5000, Keys: 3}))
		}},
		"move cancelled": {func(ctx context.Context, m *otelcache.Monitor) {
			_, o := m.Tier("nvme").StartMove(ctx, "memory", 100)
			time.Sleep(d)
			o.Fail(context.Canceled)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.Tier("nvme").RecordMove(ctx, "memory", record(otelcache.TierRecord{Tokens: 100, Err: context.Canceled}))
		}},
	} {
		bubble(t, name, func(t *testing.T) {
			live, recorded := newTelemetry(t, tiersOption), newTelemetry(t, tiersOption)
			liveStats, recordedStats := live.Cursor(), recorded.Cursor()
			for tel, run := range map[*telemetry]func(context.Context, *otelcache.Monitor){live: c.live, recorded: c.recorded} {
				ctx, request := tel.tracer.Tracer("host").Start(context.Background(), "request")
				run(ctx, tel.Monitor)
				request.End()
			}
			wantPoints(t, recorded.collect(t), live.collect(t))
			got, want := recordedStats.Next(), liveStats.Next()
			if got.Interval = want.Interval; !reflect.DeepEqual(got, want) {
				t.Errorf("the statistics are %+v, want %+v", got, want)
			}
			wantSpans(t, recorded, live.spanTree(t))
			for i, s := range recorded.spans.Ended() {
				l := live.spans.Ended()[i]
				if got, want := s.EndTime().Sub(s.StartTime()), l.EndTime().Sub(l.StartTime()); s.Name() != l.Name() || got != want && s.Name() != "request" {
					t.Errorf("%s took %v, want %v of %s", s.Name(), got, want, l.Name())
				}
			}
		})
	}
}

// TestTierRecordsWithoutTimes are counted and not timed.
func TestTierRecordsWithoutTimes(t *testing.T) {
	tel := newTelemetry(t, tiersOption)
	ctx, request := tel.tracer.Tracer("host").Start(context.Background(), "request")
	tel.Tier("gpu").RecordWrite(ctx, otelcache.TierRecord{Tokens: 16, Bytes: 4096})
	tel.Tier("gpu").RecordMove(ctx, "memory", otelcache.TierRecord{Tokens: 16, Bytes: 4096, Purpose: otelcache.ForPrefetch})
	request.End()
	got := tel.fed(t)
	wantPoints(t, got, points{
		"lmcache.tier.operations" + ofOperation(ofGPU, "write", "request"): "1", "lmcache.tier.tokens" + ofOperation(ofGPU, "write", "request"): "16",
		"lmcache.tier.io" + ofOperation(ofGPU, "write", "request"):         "4096",
		"lmcache.tier.operations" + ofOperation(ofGPU, "read", "move"):     "1",
		"lmcache.tier.tokens" + ofOperation(ofGPU, "read", "move"):         "16",
		"lmcache.tier.io" + ofOperation(ofGPU, "read", "move"):             "4096",
		"lmcache.tier.operations" + ofOperation(ofMemory, "write", "move"): "1", "lmcache.tier.tokens" + ofOperation(ofMemory, "write", "move"): "16",
		"lmcache.tier.io" + ofOperation(ofMemory, "write", "move"): "4096",
	})
	wantSpans(t, tel, "request\n")
}

// TestTierOperationsEndOnce ends each operation again in every way: the first
// end counts.
func TestTierOperationsEndOnce(t *testing.T) {
	ctx := context.Background()
	ends := []func(tierOperation){
		func(o tierOperation) { o.Finish(1, 1) },
		func(o tierOperation) { o.Fail(errBroken) },
		func(o tierOperation) { o.Abandon() },
	}
	for name, start := range map[string]func(*telemetry) tierOperation{
		"read":  func(tel *telemetry) tierOperation { _, o := tel.Tier("redis").StartRead(ctx, 1); return o },
		"write": func(tel *telemetry) tierOperation { _, o := tel.Tier("redis").StartWrite(ctx, 1); return o },
		"move":  func(tel *telemetry) tierOperation { _, o := tel.Tier("redis").StartMove(ctx, "memory", 1); return o },
	} {
		for i, first := range ends {
			bubble(t, fmt.Sprint(name, " ", i), func(t *testing.T) {
				tel := newTelemetry(t, tiersOption)
				o := start(tel)
				first(o)
				want := tel.collect(t)
				for _, again := range ends {
					again(o)
				}
				wantPoints(t, tel.collect(t), want)
				tel.wantMisuse(t, "finished again", "lmcache.tier.")
			})
		}
	}
}

// TestTierMisuse has arguments that cannot be.
func TestTierMisuse(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		use  func(*otelcache.TierMonitor)
		word string
	}{
		"tokens of a start": {func(m *otelcache.TierMonitor) { _, o := m.StartRead(ctx, -2); o.Abandon() }, "-2 in lmcache.tier.read"},
		"tokens of an end":  {func(m *otelcache.TierMonitor) { _, o := m.StartWrite(ctx, 1); o.Finish(-3, 1) }, "-3 in lmcache.tier.write"},
		"bytes of an end":   {func(m *otelcache.TierMonitor) { _, o := m.StartRead(ctx, 1); o.Finish(1, -4) }, "-4 in lmcache.tier.read"},
		"bytes of a record": {func(m *otelcache.TierMonitor) { m.RecordRead(ctx, otelcache.TierRecord{Bytes: -5}) }, "-5 in lmcache.tier.read"},
		"evicted keys":      {func(m *otelcache.TierMonitor) { m.Evict(ctx, -1, 0, 0) }, "-1 in lmcache.tier.evict"},
		"evicted bytes":     {func(m *otelcache.TierMonitor) { m.Evict(ctx, 0, -6, 0) }, "-6 in lmcache.tier.evict"},
		"keys": {func(m *otelcache.TierMonitor) {
			_, o := m.StartRead(ctx, 1, otelcache.WithKeys(-7))
			o.Abandon()
		}, "-7 in lmcache.keys"},
		"keys of a record":  {func(m *otelcache.TierMonitor) { m.RecordRead(ctx, otelcache.TierRecord{Keys: -8}) }, "-8 in lmcache.keys"},
		"usage":             {func(m *otelcache.TierMonitor) { m.SetUsage(-1) }, "-1 in lmcache.tier.usage"},
		"limit":             {func(m *otelcache.TierMonitor) { m.SetLimit(-1) }, "-1 in lmcache.tier.limit"},
		"entries":           {func(m *otelcache.TierMonitor) { m.SetEntries(-1) }, "-1 in lmcache.tier.entries"},
		"times of a record": {func(m *otelcache.TierMonitor) { m.RecordRead(ctx, otelcache.TierRecord{Start: time.Now()}) }, "times that cannot be"},
		"phase of LMCache's": {func(m *otelcache.TierMonitor) {
			_, o := m.StartRead(ctx, 1)
			o.StartPhase(ctx, otelcache.ToGPU)
			o.Abandon()
		}, "to_gpu in lmcache.tier.read"},
	} {
		t.Run(name, func(t *testing.T) {
			tel := newTelemetry(t, tiersOption)
			c.use(tel.Tier("memory"))
			tel.wantMisuse(t, c.word)
			for point, value := range tel.collect(t) {
				if strings.HasPrefix(value, "-") {
					t.Errorf("%s is %s", point, value)
				}
			}
		})
	}
}

// TestWithoutTiersNothingIsRecorded uses tiers that nobody declared.
func TestWithoutTiersNothingIsRecorded(t *testing.T) {
	for name, tel := range map[string]*telemetry{"none": newTelemetry(t), "declared as none": newTelemetry(t, otelcache.WithTiers())} {
		before := tel.collect(t)
		for _, f := range tierOperationFeeds() {
			ctx, span := tel.tracer.Tracer("host").Start(context.Background(), "request")
			f.feed(ctx, tel.Monitor)
			span.End()
		}
		if tier := tel.Tier("memory"); tier != nil {
			t.Errorf("%s: there is a tier %v", name, tier)
		}
		wantPoints(t, tel.collect(t), before)
		for _, s := range tel.spans.Ended() {
			if strings.HasPrefix(s.Name(), "lmcache.") {
				t.Errorf("%s: there is a span %s", name, s.Name())
			}
		}
	}
}

// tierPhaseFeeds has a phase of the host's own in what tiers do.
var tierPhaseFeeds = func() (rows []feed) {
	for _, operation := range []string{"read", "write"} {
		of := ofOperation(ofMemory, operation, "request")
		rows = append(rows, feed{"tiers: " + operation + " with a phase of the host's", func(ctx context.Context, m *otelcache.Monitor) {
			ctx, o := readOrWrite(ctx, m.Tier("memory"), operation, 10)
			_, p := o.StartPhase(ctx, verifyChecksums)
			time.Sleep(ms)
			p.End()
			o.Finish(0, 0)
		}, points{
			"lmcache.operation.phase.duration{lmcache.operation=tier." + operation + " lmcache.phase=verify_checksums}": "sum 0.001, 1 ≤ 0.00128",
			"lmcache.tier.operations" + of: "1", "lmcache.tier.operation.duration" + of: "sum 0.001, 1 ≤ 0.001",
		}})
	}
	return rows
}()
