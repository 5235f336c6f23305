// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// recordFeeds has an operation of each kind that took 2 s, recorded afterwards.
var recordFeeds = []feed{
	{
		"RecordLookup", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordLookup(ctx, twoSeconds(otelcache.Record{Tokens: 1000, Hits: 250}))
		},
		points{
			"lmcache.lookup.requests":         "1",
			"lmcache.lookup.requested_tokens": "1000",
			"lmcache.lookup.hit_tokens":       "250",
			"lmcache.lookup.duration":         "sum 2, 1 ≤ 2.62144",
			"lmcache.lookup.request_hit_rate": "sum 0.25, 1 ≤ 0.3",
		},
	},
	{
		"RecordRetrieve", func(ctx context.Context, m *otelcache.Monitor) {
			start := time.Now().Add(-2500 * ms)
			m.RecordRetrieve(ctx, twoSeconds(otelcache.Record{Tokens: 1000, Hits: 100, Phases: []otelcache.PhaseRecord{
				{Name: otelcache.ToGPU, Start: start, End: start.Add(ms)},
				{Name: otelcache.Broadcast, Start: start, End: start.Add(2 * ms)},
			}}))
		},
		points{
			"lmcache.retrieve.requests":           "1",
			"lmcache.retrieve.requested_tokens":   "1000",
			"lmcache.retrieve.hit_tokens":         "100",
			"lmcache.retrieve.duration":           "sum 2, 1 ≤ 2.5",
			"lmcache.retrieve.speed":              "sum 50, 1 ≤ 64",
			"lmcache.retrieve.slow_by_time":       "1", // feedOptions has 1 s and 100 tokens a second
			"lmcache.retrieve.slow_by_speed":      "1",
			"lmcache.retrieve.to_gpu.duration":    "sum 0.001, 1 ≤ 0.00128",
			"lmcache.retrieve.broadcast.duration": "sum 0.002, 1 ≤ 0.00256",
		},
	},
	{
		"RecordStore", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordStore(ctx, twoSeconds(otelcache.Record{Tokens: 1000, Stored: 600}))
		},
		points{
			"lmcache.store.requests": "1",
			"lmcache.store.tokens":   "600",
			"lmcache.store.duration": "sum 2, 1 ≤ 2.5",
			"lmcache.store.speed":    "sum 300, 1 ≤ 512",
		},
	},
	{
		"RecordTransfer", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordTransfer(ctx, twoSeconds(otelcache.Record{Tokens: 1000}))
		},
		points{
			"lmcache.p2p.transfer.requests": "1",
			"lmcache.p2p.transfer.tokens":   "1000",
			"lmcache.p2p.transfer.duration": "sum 2, 1 ≤ 2.5",
			"lmcache.p2p.transfer.speed":    "sum 500, 1 ≤ 512",
		},
	},
}

// recordedSpans are the spans that the rows make.
var recordedSpans = map[string][]string{
	"RecordLookup":   {"lmcache.lookup"},
	"RecordRetrieve": {"lmcache.retrieve", "to_gpu", "broadcast"},
	"RecordStore":    {"lmcache.store"},
	"RecordTransfer": {"lmcache.p2p_transfer"},
}

// twoSeconds returns r with the times from three seconds to one second ago.
func twoSeconds(r otelcache.Record) otelcache.Record {
	now := time.Now()
	r.Start, r.End = now.Add(-3*time.Second), now.Add(-time.Second)
	return r
}

// TestRecordedStore has the times of a store that ended a second ago.
func TestRecordedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		ctx, caller := tel.tracer.Tracer("caller").Start(context.Background(), "event")
		_, linked := tel.tracer.Tracer("caller").Start(context.Background(), "request")
		caller.End()
		now := time.Now()
		at := func(d time.Duration) time.Time { return now.Add(d) }
		tel.RecordStore(ctx, otelcache.Record{
			Start: at(-3 * time.Second), End: at(-time.Second), Tokens: 1000, Stored: 600,
			Phases: []otelcache.PhaseRecord{
				{Name: otelcache.FromGPU, Start: at(-2900 * ms), End: at(-2400 * ms)},
				{Name: otelcache.Put, Start: at(-2400 * ms), End: at(-1100 * ms)},
				{Name: verifyChecksums, Start: at(-3 * time.Second), End: at(-2875 * ms)},
			},
			RequestID: "r1", Attributes: []attribute.KeyValue{attribute.String("tenant", "a")},
			Links: []trace.Link{{SpanContext: linked.SpanContext()}},
		})
		wantPoints(t, tel.fed(t), points{
			"lmcache.store.requests":          "1",
			"lmcache.store.tokens":            "600",
			"lmcache.store.duration":          "sum 2, 1 ≤ 2.5",
			"lmcache.store.speed":             "sum 300, 1 ≤ 512",
			"lmcache.store.from_gpu.duration": "sum 0.5, 1 ≤ 0.65536",
			"lmcache.store.put.duration":      "sum 1.3, 1 ≤ 1.31072",
			"lmcache.operation.phase.duration{lmcache.operation=store lmcache.phase=verify_checksums}": "sum 0.125, 1 ≤ 0.16384",
		})
		wantSpans(t, tel, `
			event
			  lmcache.store{lmcache.request.id=r1 lmcache.speed=300 lmcache.tokens.requested=1000 lmcache.tokens.stored=600 tenant=a}
			    from_gpu
			    put
			    verify_checksums
		`)
		times := map[string][2]time.Duration{}
		for _, s := range tel.spans.Ended() {
			times[s.Name()] = [2]time.Duration{s.StartTime().Sub(now), s.EndTime().Sub(now)}
			if links := s.Links(); s.Name() == "lmcache.store" &&
				(len(links) != 1 || !links[0].SpanContext.Equal(linked.SpanContext())) {
				t.Errorf("the links are %v, want one to the request", links)
			}
		}
		want := map[string][2]time.Duration{
			"event":            {0, 0},
			"lmcache.store":    {-3 * time.Second, -time.Second},
			"from_gpu":         {-2900 * ms, -2400 * ms},
			"put":              {-2400 * ms, -1100 * ms},
			"verify_checksums": {-3 * time.Second, -2875 * ms},
		}
		if !maps.Equal(times, want) {
			t.Errorf("the spans' times are %v, want %v", times, want)
		}
	})
}

// TestRecordedLikeLive compares each recorded operation with the same one live.
func TestRecordedLikeLive(t *testing.T) {
	const d = 2 * time.Second
	for name, c := range map[string]struct {
		live, recorded func(context.Context, *otelcache.Monitor)
	}{
		"lookup": {func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(d)
			l.Finish(250)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordLookup(ctx, lasting(d, otelcache.Record{Tokens: 1000, Hits: 250}))
		}},
		"lookup without a hit": {func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(d)
			l.Finish(0)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordLookup(ctx, lasting(d, otelcache.Record{Tokens: 1000}))
		}},
		"retrieve": {func(ctx context.Context, m *otelcache.Monitor) {
			ctx, r := m.StartRetrieve(ctx, 1000)
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(d)
			p.End()
			r.SetRequestID("r1")
			r.Finish(100)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			r := lasting(d, otelcache.Record{Tokens: 1000, Hits: 100, RequestID: "r1"})
			r.Phases = []otelcache.PhaseRecord{{Name: otelcache.ToGPU, Start: r.Start, End: r.End}}
			m.RecordRetrieve(ctx, r)
		}},
		"retrieve failed": {func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			time.Sleep(d)
			r.Fail(errBroken)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordRetrieve(ctx, lasting(d, otelcache.Record{Tokens: 1000, Hits: 7, Err: errBroken}))
		}},
		"store cancelled": {func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			time.Sleep(d)
			s.Fail(context.Canceled)
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordStore(ctx, lasting(d, otelcache.Record{Tokens: 1000, Stored: 7, Err: context.Canceled}))
		}},
		"transfer": {func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.StartTransfer(ctx, 1000, "peer")
			time.Sleep(d)
			tr.Finish()
		}, func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordTransfer(ctx, lasting(d, otelcache.Record{Tokens: 1000, Peer: "peer"}))
		}},
	} {
		bubble(t, name, func(t *testing.T) {
			live, recorded := newTelemetry(t, feedOptions...), newTelemetry(t, feedOptions...)
			liveStats, recordedStats := live.Cursor(), recorded.Cursor()
			c.live(context.Background(), live.Monitor)
			c.recorded(context.Background(), recorded.Monitor)
			wantPoints(t, recorded.fed(t), live.fed(t))
			wantSpans(t, recorded, live.spanTree(t))
			got, want := recordedStats.Next(), liveStats.Next()
			if got.Interval = want.Interval; !reflect.DeepEqual(got, want) {
				t.Errorf("the statistics are %+v, want %+v", got, want)
			}
			time.Sleep(10 * time.Second)
			wantPoints(t, recorded.fed(t), live.fed(t)) // with the hit rates
			for i, s := range recorded.spans.Ended() {
				if l := live.spans.Ended()[i]; !s.StartTime().Equal(l.StartTime()) || !s.EndTime().Equal(l.EndTime()) {
					t.Errorf("%s is from %v to %v, want %v to %v", s.Name(), s.StartTime(), s.EndTime(), l.StartTime(), l.EndTime())
				}
			}
		})
	}
}

// lasting returns r with an end now.
func lasting(d time.Duration, r otelcache.Record) otelcache.Record {
	r.End = time.Now()
	r.Start = r.End.Add(-d)
	return r
}

// TestRecordsWithoutTimes has ten thousand KV events of each kind, a tenth of them
// of failures: each is counted, none has a span, and nothing is reported.
func TestRecordsWithoutTimes(t *testing.T) {
	tel := newTelemetry(t)
	ctx := context.Background()
	for i := range 10_000 {
		r := otelcache.Record{Tokens: 16, Hits: 4, Stored: 8, RequestID: "r"}
		if i%10 == 0 {
			r.Err = errBroken
		}
		tel.RecordStore(ctx, r)
		tel.RecordLookup(ctx, r)
		tel.RecordRetrieve(ctx, r)
		tel.RecordTransfer(ctx, r)
	}
	wantPoints(t, tel.fed(t), points{
		"lmcache.store.requests": "10000", "lmcache.store.tokens": "72000", "lmcache.store.failures": "1000",
		"lmcache.lookup.requests": "10000", "lmcache.lookup.requested_tokens": "160000",
		"lmcache.lookup.hit_tokens": "36000", "lmcache.lookup.failures": "1000",
		"lmcache.lookup.request_hit_rate": "sum 2250, 9000 ≤ 0.3",
		"lmcache.retrieve.requests":       "10000", "lmcache.retrieve.requested_tokens": "160000",
		"lmcache.retrieve.hit_tokens": "36000", "lmcache.retrieve.failures": "1000",
		"lmcache.p2p.transfer.requests": "10000", "lmcache.p2p.transfer.tokens": "144000",
		"lmcache.p2p.transfer.failures": "1000",
	})
	if n := len(tel.spans.Started()); n != 0 {
		t.Errorf("%d spans started, want none", n)
	}
}

// TestTimesOfRecords has times that can be, and times that cannot: those are
// reported, and the record counts without them.
func TestTimesOfRecords(t *testing.T) {
	const day = 24 * time.Hour
	counted := points{"lmcache.store.requests": "1", "lmcache.store.tokens": "600"}
	lasted := func(sum, speed string) points {
		p := maps.Clone(counted)
		p["lmcache.store.duration"], p["lmcache.store.speed"] = sum, speed
		return p
	}
	at := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }
	unset := func() time.Time { return time.Time{} }
	unix := func(sec int64) func() time.Time { return func() time.Time { return time.Unix(sec, 0) } }
	for _, c := range []struct {
		name       string
		start, end func() time.Time
		report     string
		want       points
		spans      int
	}{
		{"none", unset, unset, "", counted, 0},
		{"an instant", unset, at(-time.Second), "", counted, 1},
		{"start and end the same", at(-time.Second), at(-time.Second), "", counted, 1},
		{"a minute ahead", at(time.Minute - time.Second), at(time.Minute), "", lasted("sum 1, 1 ≤ 1", "sum 600, 1 ≤ 1024"), 1},
		{"a whole day", at(-day), at(0), "", lasted("sum 86400, 1 above", "sum 0.006944444444444444, 1 ≤ 1"), 1},
		{"start alone", at(-time.Second), unset, "after 1970", counted, 0},
		{"reversed", at(-time.Second), at(-time.Second - 1), "before the start", counted, 0},
		{"more than a day", at(-day - 1), at(0), "at most 24h", counted, 0},
		{"in the future", at(0), at(time.Minute + 1), "future", counted, 0},
		{"an instant in the future", unset, at(time.Minute + 1), "future", counted, 0},
		{"start before 1970", unix(-1), unix(1), "after 1970", counted, 0},
		{"instant before 1970", unset, unix(-1), "after 1970", counted, 0},
	} {
		bubble(t, c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			start, end := c.start(), c.end()
			tel.RecordStore(context.Background(), otelcache.Record{Start: start, End: end, Tokens: 1000, Stored: 600})
			if c.report != "" {
				tel.wantMisuse(t, "lmcache.store", "times that cannot be", c.report)
			}
			wantPoints(t, tel.fed(t), c.want)
			ended := tel.spans.Ended()
			if len(ended) != c.spans {
				t.Fatalf("%d spans, want %d", len(ended), c.spans)
			}
			for _, s := range ended {
				if start.IsZero() {
					start = end
				}
				if !s.StartTime().Equal(start) || !s.EndTime().Equal(end) {
					t.Errorf("the span is from %v to %v, want %v to %v", s.StartTime(), s.EndTime(), start, end)
				}
			}
		})
	}
}

// TestTimesOfRecordedPhases leaves out phases whose times cannot be, in a live
// operation and in a record.
func TestTimesOfRecordedPhases(t *testing.T) {
	now := time.Now
	for name, times := range map[string]func() (start, end time.Time){
		"zero start": func() (time.Time, time.Time) { return time.Time{}, now() },
		"zero end":   func() (time.Time, time.Time) { return now(), time.Time{} },
		"none":       func() (time.Time, time.Time) { return time.Time{}, time.Time{} },
		"reversed":   func() (time.Time, time.Time) { return now(), now().Add(-1) },
		"too long":   func() (time.Time, time.Time) { return now().Add(-24*time.Hour - 1), now() },
		"future":     func() (time.Time, time.Time) { return now(), now().Add(time.Minute + 1) },
	} {
		bubble(t, name, func(t *testing.T) {
			start, end := times()
			for _, store := range []func(*telemetry){func(live *telemetry) {
				_, s := live.StartStore(context.Background(), 10)
				s.RecordPhase(otelcache.Put, start, end)
				s.Finish(0)
			}, func(recorded *telemetry) {
				recorded.RecordStore(context.Background(), otelcache.Record{
					End: now(), Tokens: 10, Phases: []otelcache.PhaseRecord{{Name: otelcache.Put, Start: start, End: end}},
				})
			}} {
				tel := newTelemetry(t)
				store(tel)
				wantPoints(t, tel.fed(t), points{"lmcache.store.requests": "1"})
				wantSpans(t, tel, "lmcache.store{lmcache.speed=0 lmcache.tokens.requested=10 lmcache.tokens.stored=0}\n")
				tel.wantMisuse(t, "put in lmcache.store")
			}
		})
	}
}

func TestRecordOfUnknownTokens(t *testing.T) {
	for name, c := range map[string]struct {
		record func(context.Context, *otelcache.Monitor)
		want   points
	}{
		"lookup": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordLookup(ctx, otelcache.Record{Tokens: otelcache.Unknown, Hits: 100})
		}, points{"lmcache.lookup.requests": "1"}},
		"lookup of unknown hits": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordLookup(ctx, otelcache.Record{Tokens: 100, Hits: otelcache.Unknown})
		}, points{"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "100"}},
		"retrieve": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordRetrieve(ctx, lasting(time.Second, otelcache.Record{Tokens: otelcache.Unknown, Hits: 100}))
		}, points{"lmcache.retrieve.requests": "1", "lmcache.retrieve.duration": "sum 1, 1 ≤ 1"}},
		"retrieve failed": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordRetrieve(ctx, otelcache.Record{Tokens: otelcache.Unknown, Err: errBroken})
		}, points{"lmcache.retrieve.requests": "1", "lmcache.retrieve.failures": "1"}},
		"store": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordStore(ctx, otelcache.Record{Tokens: otelcache.Unknown, Stored: 5})
		}, points{"lmcache.store.requests": "1", "lmcache.store.tokens": "5"}},
		"store of unknown tokens": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordStore(ctx, lasting(time.Second, otelcache.Record{Tokens: 5, Stored: otelcache.Unknown}))
		}, points{"lmcache.store.requests": "1", "lmcache.store.duration": "sum 1, 1 ≤ 1"}},
		"transfer": {func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordTransfer(ctx, otelcache.Record{Tokens: otelcache.Unknown})
		}, points{"lmcache.p2p.transfer.requests": "1"}},
	} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t)
			c.record(context.Background(), tel.Monitor)
			time.Sleep(10 * time.Second) // a hit rate would be there
			wantPoints(t, tel.fed(t), c.want)
			for _, s := range tel.spans.Ended() {
				for _, a := range s.Attributes() {
					if a.Value.AsInt64() < 0 {
						t.Errorf("the span has %s=%d", a.Key, a.Value.AsInt64())
					}
				}
			}
		})
	}
	bubble(t, "negative", func(t *testing.T) {
		tel := newTelemetry(t)
		tel.RecordStore(context.Background(), otelcache.Record{Tokens: -2, Stored: 1})
		tel.wantMisuse(t, "-2 in lmcache.store")
	})
}

// TestRecordedFailures checks the spans of a record with an error.
func TestRecordedFailures(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"failed":    {errBroken, "lmcache.lookup{error.type=*errors.errorString lmcache.tokens.requested=10} Error: broken event exception\n"},
		"cancelled": {context.Canceled, "lmcache.lookup{lmcache.cancelled=true lmcache.tokens.requested=10}\n"},
	} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t)
			tel.RecordLookup(context.Background(), twoSeconds(otelcache.Record{Tokens: 10, Err: c.err}))
			wantSpans(t, tel, c.want)
			if s := tel.spans.Ended()[0]; s.EndTime().Sub(s.StartTime()) != 2*time.Second {
				t.Errorf("the span is from %v to %v, want 2 s", s.StartTime(), s.EndTime())
			}
		})
	}
}

// TestRecordedSlowRetrieve checks the warning of a retrieve that no trace records.
func TestRecordedSlowRetrieve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(logRecorder)
		tel := newTelemetry(t, untraced, otelcache.WithLogger(slog.New(log)), otelcache.WithSlowRetrieve(time.Second),
			otelcache.WithAttributes(attribute.Int("shard", 7)))
		tel.RecordRetrieve(context.Background(), twoSeconds(otelcache.Record{Tokens: 10, Hits: 5, RequestID: "r1"}))
		entries := log.take()
		if len(entries) != 1 || entries[0].attrs["lmcache.request.id"].String() != "r1" ||
			entries[0].attrs["duration"].Duration() != 2*time.Second || entries[0].attrs["shard"].Int64() != 7 {
			t.Errorf("logged %v, want a warning of r1 in shard 7 with 2 s", entries)
		}
	})
}

// TestRecordUnderACancelledContext: the context of a call that records is not the
// operation's.
func TestRecordUnderACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tel := newTelemetry(t)
	tel.RecordStore(ctx, otelcache.Record{Err: errBroken})
	wantPoints(t, tel.fed(t), points{"lmcache.store.requests": "1", "lmcache.store.failures": "1"})
}
