// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const stuckAfter = 10 * time.Minute

// TestOldestOperationShows has operations of different ages that end in another
// order than they start.
func TestOldestOperationShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t, tiersOption)
		redis := tel.Tier("redis")
		wantAge := func(want string) {
			t.Helper()
			if got := tel.collect(t)["lmcache.tier.oldest_operation.age"+ofRedis]; got != want {
				t.Errorf("the age is %q, want %s", got, want)
			}
		}
		wantAge("0")
		var reads []otelcache.TierRead
		for range 4 { // 4, 3, 2 and 1 s old
			_, read := redis.StartRead(context.Background(), 1)
			reads = append(reads, read)
			time.Sleep(time.Second)
		}
		_, move := tel.Tier("memory").StartMove(context.Background(), "redis", 1)
		wantAge("4")
		reads[1].Finish(1, 1) // in the middle
		wantAge("4")
		reads[0].Finish(1, 1) // the oldest
		wantAge("2")
		reads[3].Abandon() // the newest but the move
		reads[2].Fail(errBroken)
		time.Sleep(time.Second)
		wantAge("1")
		_, last := redis.StartRead(context.Background(), 1)
		move.Finish(1, 1)
		wantAge("0")
		time.Sleep(500 * ms)
		wantAge("0.5")
		last.Finish(1, 1)
		wantAge("0")
	})
}

// TestStuckOperationsLeave has operations that are forgotten: they show, and
// leave as abandoned at the first collection after ten minutes. What comes too
// late is reported, and changes nothing.
func TestStuckOperationsLeave(t *testing.T) {
	for name, start := range map[string]func(context.Context, *telemetry) tierOperation{
		"read": func(ctx context.Context, tel *telemetry) tierOperation {
			_, o := tel.Tier("redis").StartRead(ctx, 10)
			return o
		},
		"write": func(ctx context.Context, tel *telemetry) tierOperation {
			_, o := tel.Tier("redis").StartWrite(ctx, 10)
			return o
		},
		"move": func(ctx context.Context, tel *telemetry) tierOperation {
			_, o := tel.Tier("memory").StartMove(ctx, "redis", 10)
			return o
		},
	} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t, tiersOption)
			ctx, request := tel.tracer.Tracer("host").Start(context.Background(), "request")
			o := start(ctx, tel)
			time.Sleep(stuckAfter)
			before := tel.fed(t)
			if got := before["lmcache.tier.oldest_operation.age"+ofRedis]; got != "600" {
				t.Errorf("after ten minutes the age is %q, want 600", got)
			}
			if n := len(tel.spans.Ended()); n != 0 {
				t.Errorf("%d spans have ended after ten minutes, want none", n)
			}
			time.Sleep(ms)
			want := points{}
			for point, value := range before {
				switch metric, attrs, _ := strings.Cut(point, "{"); metric {
				case "lmcache.tier.operations":
					want[point], want["lmcache.tier.operation.cancelled{"+attrs] = value, "1"
				case "lmcache.tier.active_operations", "lmcache.tier.oldest_operation.age":
				default:
					t.Errorf("after ten minutes there is %s", point)
				}
			}
			of := map[string]string{"read": "get", "write": "put", "move": "put"}[name]
			want["lmcache.remote."+of+".cancelled"] = "1"
			wantPoints(t, tel.fed(t), want)
			synctest.Wait() // spans end in a goroutine
			for _, s := range tel.spans.Ended() {
				if got := s.EndTime().Sub(s.StartTime()); got != stuckAfter+ms {
					t.Errorf("%s took %v, want %v", s.Name(), got, stuckAfter+ms)
				}
			}
			o.Abandon()
			o.Finish(10, 10)
			tel.wantMisuse(t, "ten minutes", "lmcache.tier.")
			wantPoints(t, tel.fed(t), want)
			request.End()
			spans := "  lmcache.tier." + name + " (client){lmcache.cancelled=true lmcache.tier.kind=remote lmcache.tier.name=redis lmcache.tier.purpose=request lmcache.tokens.requested=10}\n"
			if name == "move" {
				spans = "  lmcache.tier.read{lmcache.cancelled=true lmcache.tier.kind=cpu lmcache.tier.name=memory lmcache.tier.purpose=move lmcache.tokens.requested=10}\n" +
					"    lmcache.tier.write (client){lmcache.cancelled=true lmcache.tier.kind=remote lmcache.tier.name=redis lmcache.tier.purpose=move lmcache.tokens.requested=10}\n"
			}
			wantSpans(t, tel, "request\n"+spans)
		})
	}
}

// TestStuckSpansDoNotBlockTheReader has a span processor that makes an
// instrument when a span ends, for which the SDK waits until the collection is
// over.
func TestStuckSpansDoNotBlockTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := sdkmetric.NewManualReader()
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
		measured := new(measuringProcessor)
		measured.meter = mp.Meter("processor")
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(measured))
		tel := newTelemetry(t, tiersOption, otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp))
		ctx, request := tp.Tracer("host").Start(context.Background(), "request")
		defer request.End()
		tel.Tier("redis").StartRead(ctx, 1)
		time.Sleep(stuckAfter + ms)
		collect(t, reader) // a deadlock fails the bubble
		synctest.Wait()
		if measured.spans != 1 {
			t.Errorf("%d spans ended, want 1", measured.spans)
		}
	})
}

// measuringProcessor counts the spans that end, with an instrument that it
// makes then.
type measuringProcessor struct {
	sdktrace.SpanProcessor
	meter metric.Meter
	spans int
}

func (*measuringProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

func (p *measuringProcessor) OnEnd(sdktrace.ReadOnlySpan) {
	if _, err := p.meter.Int64Counter("spans"); err == nil {
		p.spans++
	}
}

// TestForgottenOperationsDoNotGrow has a host that never ends a read and that
// no reader collects: what it keeps are the reads of ten minutes.
func TestForgottenOperationsDoNotGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMonitor(t, testEngine, append(noProviders, tiersOption)...)
		forget := func(hours int) int64 {
			for range hours * 3600 * 10 {
				m.Tier("redis").StartMove(context.Background(), "nvme", 1)
				time.Sleep(100 * ms)
			}
			return bytesInUse()
		}
		const margin = 1 << 20 // 3,000 operations: a twelfth of an hour's
		first := forget(1)
		if then := forget(2); then > first+margin {
			t.Errorf("the heap grew from %d to %d bytes, want at most %d more", first, then, margin)
		}
	})
}

// TestStuckOperationOfAnEngine keeps the place of its engine in a set until it
// leaves.
func TestStuckOperationOfAnEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 1, tiersOption)
		a := s.model("a")
		evicted(t, s.cumulative)
		evicted(t, s.delta)
		_, read := a.Tier("redis").StartRead(context.Background(), 1)
		keepsItsPlace := func() bool {
			t.Helper()
			for range 2 {
				evicted(t, s.cumulative)
				evicted(t, s.delta)
				s.look()
			}
			_, ok := evicted(t, s.cumulative)["a"]
			return ok
		}
		for range 5 { // of two minutes
			if !keepsItsPlace() {
				t.Fatal("an engine with a read in flight made room")
			}
		}
		keepsItsPlace() // a collection abandons the read
		if keepsItsPlace() {
			t.Error("an engine whose read was abandoned did not make room")
		}
		read.Finish(1, 1)
		wantReport(t, s.misuse, otelcache.ErrMisuse, "ten minutes")
	})
}

// TestSweepConcurrentSafe ends operations while they become too old and a
// reader collects: each ends once.
func TestSweepConcurrentSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t, tiersOption)
		defer tel.misuse.take() // of those that end too late
		const rounds, each = 50, 20
		for range rounds {
			ops := make(chan tierOperation, 3*each)
			for range each {
				_, read := tel.Tier("redis").StartRead(context.Background(), 1)
				_, write := tel.Tier("memory").StartWrite(context.Background(), 1)
				_, move := tel.Tier("memory").StartMove(context.Background(), "redis", 1)
				ops <- read
				ops <- write
				ops <- move
			}
			close(ops)
			time.Sleep(stuckAfter + 1)
			together := make(chan struct{})
			for range 4 {
				go func() {
					<-together
					for o := range ops {
						o.Finish(1, 1)
						o.Abandon()
					}
				}()
			}
			go func() {
				<-together
				tel.collect(t)
			}()
			close(together)
			synctest.Wait()
		}
		got := tokensOf(tel.collect(t))
		if ended := got["lmcache.tier.tokens"] + got["lmcache.tier.operation.cancelled"]; ended != rounds*each*4 {
			t.Errorf("%d ends, want %d", ended, rounds*each*4)
		}
		if n := got["lmcache.tier.active_operations"]; n != 0 {
			t.Errorf("%d operations are in flight, want none", n)
		}
		// Both sides of a move have the same end.
		all := tel.collect(t)
		for _, metric := range []string{"lmcache.tier.tokens", "lmcache.tier.operation.cancelled"} {
			from, to := all[metric+ofOperation(ofMemory, "read", "move")], all[metric+ofOperation(ofRedis, "write", "move")]
			if from != to {
				t.Errorf("%s is %s of the one side of moves and %s of the other", metric, from, to)
			}
		}
	})
}
