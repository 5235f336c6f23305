// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// operationKinds starts an operation of each kind, with nothing to move, and
// says what it feeds when it starts, and when it finishes after 1 ms.
var operationKinds = []struct {
	name, metric      string
	start             func(context.Context, *otelcache.Monitor) (context.Context, everyOperation, func())
	started, finished points
}{
	{"lookup", "lmcache.lookup", func(ctx context.Context, m *otelcache.Monitor) (context.Context, everyOperation, func()) {
		ctx, o := m.StartLookup(ctx, 1000)
		return ctx, o, func() { o.Finish(0) }
	}, points{"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "1000"}, points{
		"lmcache.lookup.zero_hit_requests": "1", "lmcache.lookup.duration": "sum 0.001, 1 ≤ 0.00128",
	}},
	{"retrieve", "lmcache.retrieve", func(ctx context.Context, m *otelcache.Monitor) (context.Context, everyOperation, func()) {
		ctx, o := m.StartRetrieve(ctx, 1000)
		return ctx, o, func() { o.Finish(0) }
	}, points{"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "1000"}, points{
		"lmcache.retrieve.duration": "sum 0.001, 1 ≤ 0.001",
	}},
	{"store", "lmcache.store", func(ctx context.Context, m *otelcache.Monitor) (context.Context, everyOperation, func()) {
		ctx, o := m.StartStore(ctx, 1000)
		return ctx, o, func() { o.Finish(0) }
	}, points{"lmcache.store.requests": "1"}, points{"lmcache.store.duration": "sum 0.001, 1 ≤ 0.001"}},
	{"p2p_transfer", "lmcache.p2p.transfer", func(ctx context.Context, m *otelcache.Monitor) (context.Context, everyOperation, func()) {
		ctx, o := m.StartTransfer(ctx, 0, "peer")
		return ctx, o, func() { o.Finish() }
	}, points{"lmcache.p2p.transfer.requests": "1"}, points{"lmcache.p2p.transfer.duration": "sum 0.001, 1 ≤ 0.001"}},
	{"remote.get", "lmcache.remote.get", func(ctx context.Context, m *otelcache.Monitor) (context.Context, everyOperation, func()) {
		ctx, o := m.StartRemoteGet(ctx)
		return ctx, o, func() { o.Finish(0) }
	}, nil, points{"lmcache.remote.read.requests": "1", "lmcache.remote.get.duration": "sum 0.001, 1 ≤ 0.001"}},
	{"remote.put", "lmcache.remote.put", func(ctx context.Context, m *otelcache.Monitor) (context.Context, everyOperation, func()) {
		ctx, o := m.StartRemotePut(ctx)
		return ctx, o, func() { o.Finish(0) }
	}, nil, points{"lmcache.remote.write.requests": "1", "lmcache.remote.put.duration": "sum 0.001, 1 ≤ 0.001"}},
}

// errRPC is an error of a library whose cancellations are not Go's.
var errRPC = errors.New("rpc error: code = Canceled desc = context canceled")

// cancelledFeeds cancels an operation of each kind in each way.
func cancelledFeeds() (rows []feed) {
	for _, k := range operationKinds {
		want := maps.Clone(k.started)
		if want == nil {
			want = points{}
		}
		want[k.metric+".cancelled"] = "1"
		for way, end := range map[string]func(o everyOperation, cancel func()){
			"by its error":                          func(o everyOperation, _ func()) { o.Fail(fmt.Errorf("get: %w", context.Canceled)) },
			"by its context":                        func(o everyOperation, cancel func()) { cancel(); o.Fail(errRPC) },
			"abandoned":                             func(o everyOperation, _ func()) { o.Abandon() },
			"abandoned, with its context cancelled": func(o everyOperation, cancel func()) { cancel(); o.Abandon() },
		} {
			rows = append(rows, feed{k.name + " cancelled: " + way, func(ctx context.Context, m *otelcache.Monitor) {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				_, o, _ := k.start(ctx, m)
				time.Sleep(ms)
				end(o, cancel)
				o.Abandon() // as a deferred one does
			}, want})
		}
	}
	return rows
}

// TestDeadlinesAreFailures checks that a context whose time is up does not cancel.
func TestDeadlinesAreFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		ctx, cancel := context.WithTimeout(context.Background(), ms)
		defer cancel()
		lctx, l := tel.StartLookup(ctx, 10)
		<-lctx.Done()
		l.Fail(lctx.Err())
		wantPoints(t, tel.fed(t), points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "10", "lmcache.lookup.failures": "1",
			"lmcache.lookup.duration{error.type=context.DeadlineExceeded}": "sum 0.001, 1 ≤ 0.00128",
		})
	})
}

// TestACancelledContextRecords checks that what does not fail is recorded as in any
// other context.
func TestACancelledContextRecords(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			for point := range f.want {
				if strings.HasSuffix(point, ".failures") {
					t.Skip("a failure in a context that is cancelled is a cancellation")
				}
			}
			tel := newTelemetry(t, feedOptions...)
			f.feed(ctx, tel.Monitor)
			wantPoints(t, tel.fed(t), f.want)
		})
	}
}

// TestAbandonAfterTheEnd checks that a deferred Abandon is no second end, and that
// an end after it is.
func TestAbandonAfterTheEnd(t *testing.T) {
	for _, k := range operationKinds {
		tel := newTelemetry(t, untraced)
		_, o, finish := k.start(context.Background(), tel.Monitor)
		finish()
		o.Abandon()
		_, o, _ = k.start(context.Background(), tel.Monitor)
		o.Fail(errBroken)
		o.Abandon()
		if got := tel.fed(t)[k.metric+".cancelled"]; got != "" {
			t.Errorf("%s: %s cancelled, want none", k.name, got)
		}
		_, o, finish = k.start(context.Background(), tel.Monitor)
		o.Abandon()
		finish()
		tel.wantMisuse(t, "finished again")
		if got := tel.fed(t)[k.metric+".cancelled"]; got != "1" {
			t.Errorf("%s: %q cancelled, want 1", k.name, got)
		}
	}
}

// TestCancelledIsNotInHitRates has a lookup with hits and one that is cancelled in
// the same interval.
func TestCancelledIsNotInHitRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		_, l := tel.StartLookup(context.Background(), 100)
		l.Finish(50)
		_, l = tel.StartLookup(context.Background(), 900)
		l.Abandon()
		_, r := tel.StartRetrieve(context.Background(), 100)
		r.Finish(25)
		_, r = tel.StartRetrieve(context.Background(), 900)
		r.Fail(context.Canceled)
		time.Sleep(10 * time.Second)
		fed := tel.fed(t)
		if l, r := fed["lmcache.lookup.hit_rate"], fed["lmcache.retrieve.hit_rate"]; l != "0.5" || r != "0.25" {
			t.Errorf("the hit rates are %q and %q, want 0.5 and 0.25", l, r)
		}
	})
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(context.Context, *otelcache.Monitor)
		want string
	}{
		{"lookup", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			l.SetRequestID("r1")
			l.SetAttributes(attribute.String("tenant", "a"))
			l.Finish(250)
		}, "lmcache.lookup{lmcache.hit_rate=0.25 lmcache.request.id=r1 lmcache.tokens.hit=250 lmcache.tokens.requested=1000 tenant=a}\n"},
		{"retrieve", func(ctx context.Context, m *otelcache.Monitor) {
			ctx, r := m.StartRetrieve(ctx, 1000)
			pctx, p := r.StartPhase(ctx, otelcache.ToGPU)
			_, g := m.StartRemoteGet(pctx)
			g.Finish(64)
			p.SetBytes(4096)
			p.SetChunks(2)
			p.End()
			_, p = r.StartPhase(ctx, otelcache.Broadcast)
			p.End()
			time.Sleep(time.Second)
			r.Finish(500)
		}, `
			lmcache.retrieve{lmcache.hit_rate=0.5 lmcache.speed=500 lmcache.tokens.hit=500 lmcache.tokens.requested=1000}
			  to_gpu{lmcache.bytes=4096 lmcache.chunks=2}
			    lmcache.remote.get (client){lmcache.bytes=64}
			  broadcast
		`},
		{"store", func(ctx context.Context, m *otelcache.Monitor) {
			ctx, s := m.StartStore(ctx, 1000)
			_, p := s.StartPhase(ctx, otelcache.Put)
			time.Sleep(time.Second)
			p.End()
			s.Finish(600)
		}, `
			lmcache.store{lmcache.speed=600 lmcache.tokens.requested=1000 lmcache.tokens.stored=600}
			  put
		`},
		{"transfer and its other side", func(ctx context.Context, m *otelcache.Monitor) {
			ctx, tr := m.StartTransfer(ctx, 1000, "b")
			_, served := m.ServeTransfer(ctx, 1000, "a")
			time.Sleep(time.Second)
			served.Finish()
			tr.Finish()
		}, `
			lmcache.p2p_transfer (client){lmcache.p2p.peer=b lmcache.speed=1000 lmcache.tokens.requested=1000}
			  lmcache.p2p_transfer (server){lmcache.p2p.peer=a lmcache.speed=1000 lmcache.tokens.requested=1000}
		`},
		{"remote put", func(ctx context.Context, m *otelcache.Monitor) {
			_, p := m.StartRemotePut(ctx)
			p.Finish(64)
		}, "lmcache.remote.put (client){lmcache.bytes=64}\n"},
		{"failure", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			r.Fail(errBroken)
		}, "lmcache.retrieve{error.type=*errors.errorString lmcache.tokens.requested=1000} Error: broken event exception\n"},
		{"failure without an error", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			s.Fail(nil)
		}, "lmcache.store{error.type=_OTHER lmcache.tokens.requested=1000} Error: failed\n"},
		{"cancelled", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			l.Fail(context.Canceled)
		}, "lmcache.lookup{lmcache.cancelled=true lmcache.tokens.requested=1000}\n"},
		{"abandoned", func(ctx context.Context, m *otelcache.Monitor) {
			_, g := m.StartRemoteGet(ctx)
			g.Abandon()
		}, "lmcache.remote.get (client){lmcache.cancelled=true}\n"},
		{"never finished", func(ctx context.Context, m *otelcache.Monitor) { m.StartLookup(ctx, 1000) }, ""},
	} {
		bubble(t, c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			c.call(context.Background(), tel.Monitor)
			wantSpans(t, tel, c.want)
			for _, p := range []string{"tenant=a", "r1"} {
				for name := range tel.collect(t) {
					if strings.Contains(name, p) {
						t.Errorf("data point %s carries %s, which is for spans only", name, p)
					}
				}
			}
		})
	}
}

func TestSpansAreChildrenOfTheCallers(t *testing.T) {
	tel := newTelemetry(t)
	ctx, caller := tel.tracer.Tracer("caller").Start(context.Background(), "request")
	_, l := tel.StartLookup(ctx, 10)
	l.Finish(0)
	caller.End()
	wantSpans(t, tel, `
		request
		  lmcache.lookup{lmcache.hit_rate=0 lmcache.tokens.hit=0 lmcache.tokens.requested=10}
	`)
}

func TestExemplarsCarryTheTraceOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		ctx, r := tel.StartRetrieve(context.Background(), 10)
		_, p := r.StartPhase(ctx, otelcache.ToGPU)
		time.Sleep(ms)
		p.End()
		r.Finish(5)
		want := tel.spans.Ended()[1].SpanContext().TraceID()
		histograms := 0
		for _, m := range collect(t, tel.reader) {
			h, ok := m.Data.(metricdata.Histogram[float64])
			if !ok {
				continue
			}
			histograms++
			for _, d := range h.DataPoints {
				if len(d.Exemplars) != 1 || [16]byte(d.Exemplars[0].TraceID) != want {
					t.Errorf("%s has the exemplars %v, want one of trace %s", m.Name, d.Exemplars, want)
				}
			}
		}
		if histograms != 3 {
			t.Errorf("got %d histograms, want those of the duration, the speed and the phase", histograms)
		}
	})
}

// TestOperationsThatNobodyTimed finishes operations that were in progress when
// the first cursor came: they are counted, and have no time.
func TestOperationsThatNobodyTimed(t *testing.T) {
	m := openMonitor(t, testEngine, noProviders...)
	_, get := m.StartRemoteGet(context.Background())
	_, put := m.StartRemotePut(context.Background())
	_, lookup := m.StartLookup(context.Background(), 10)
	cursor := m.Cursor()
	time.Sleep(time.Millisecond)
	get.Finish(7)
	put.Finish(8)
	lookup.Finish(5)
	s := cursor.Next()
	if s.RemoteReadIO != 7 || s.RemoteWriteIO != 8 || s.LookupHitTokens != 5 {
		t.Errorf("read %d, wrote %d bytes, hit %d, want 7, 8 and 5", s.RemoteReadIO, s.RemoteWriteIO, s.LookupHitTokens)
	}
	if n := s.RemoteGetDuration.Count() + s.RemotePutDuration.Count() + s.LookupDuration.Count(); n != 0 {
		t.Errorf("got %d times of operations that nobody timed, want none", n)
	}
}

// TestOneHistogramIsEnough drops all histograms but one: what is recorded of an
// operation does not depend on whether somebody reads its duration, too.
func TestOneHistogramIsEnough(t *testing.T) {
	for _, h := range instruments.Histograms() {
		name := h.Metric().Name
		others := func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
			drop := i.Kind == sdkmetric.InstrumentKindHistogram && i.Name != name
			return sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}, drop
		}
		ofHistogram := func(all points) points {
			of := maps.Clone(all)
			maps.DeleteFunc(of, func(point, _ string) bool { return point != name && !strings.HasPrefix(point, name+"{") })
			return of
		}
		for _, f := range feeds {
			want := ofHistogram(f.want)
			if len(want) == 0 {
				continue
			}
			bubble(t, name+" of "+f.name, func(t *testing.T) {
				r := sdkmetric.NewManualReader()
				mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r), sdkmetric.WithView(others))
				f.feed(context.Background(), openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced))
				wantPoints(t, ofHistogram(pointsOf(t, collect(t, r), testIdentity)), want)
			})
		}
	}
}
