// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestPhaseTimes(t *testing.T) {
	const toGPU, processTokens = "lmcache.retrieve.to_gpu.duration", "lmcache.retrieve.process_tokens.duration"
	for _, c := range []struct {
		name string
		run  func(context.Context, otelcache.Retrieve)
		want points
	}{
		{"entered again", func(ctx context.Context, r otelcache.Retrieve) {
			for range 3 {
				_, p := r.StartPhase(ctx, otelcache.ToGPU)
				time.Sleep(10 * ms)
				p.End()
			}
		}, points{toGPU: "sum 0.03, 1 ≤ 0.04096"}},
		{"overlapping", func(ctx context.Context, r otelcache.Retrieve) {
			_, a := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
			_, b := r.StartPhase(ctx, otelcache.ProcessTokens)
			time.Sleep(10 * ms)
			a.End()
			time.Sleep(30 * ms)
			b.End()
		}, points{toGPU: "sum 0.02, 1 ≤ 0.02048", processTokens: "sum 0.04, 1 ≤ 0.04096"}},
		{"several goroutines", func(ctx context.Context, r otelcache.Retrieve) {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					_, p := r.StartPhase(ctx, otelcache.ToGPU)
					time.Sleep(10 * ms)
					p.End()
				})
			}
			wg.Wait()
		}, points{toGPU: "sum 0.08, 1 ≤ 0.08192"}},
		{"recorded and live", func(ctx context.Context, r otelcache.Retrieve) {
			start := time.Now()
			r.RecordPhase(otelcache.ToGPU, start, start.Add(10*ms))
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
			p.End()
		}, points{toGPU: "sum 0.02, 1 ≤ 0.02048"}},
		{"still running", func(ctx context.Context, r otelcache.Retrieve) {
			r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
		}, points{}},
		{"from the context", func(ctx context.Context, _ otelcache.Retrieve) {
			_, p := otelcache.RetrieveFromContext(ctx).StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(10 * ms)
			p.End()
		}, points{toGPU: "sum 0.01, 1 ≤ 0.01024"}},
	} {
		bubble(t, c.name, func(t *testing.T) {
			tel := newTelemetry(t)
			ctx, r := tel.StartRetrieve(context.Background(), 10)
			c.run(ctx, r)
			r.Finish(0)
			got, fed := points{}, tel.fed(t)
			for _, name := range []string{toGPU, processTokens} {
				if v, ok := fed[name]; ok {
					got[name] = v
				}
			}
			wantPoints(t, got, c.want)
		})
	}
}

func TestPhaseEndedTwiceCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		_, s := tel.StartStore(context.Background(), 10)
		_, p := s.StartPhase(context.Background(), otelcache.Put)
		time.Sleep(20 * ms)
		p.End()
		time.Sleep(20 * ms)
		p.End()
		s.Finish(0)
		tel.misuse.take() // whether it is reported is not promised
		if got := tel.fed(t)["lmcache.store.put.duration"]; got != "sum 0.02, 1 ≤ 0.02048" {
			t.Errorf("put is %q, want 20 ms", got)
		}
	})
}

// TestPhaseOfTheCallersContext starts a phase with the context that the request
// was started with, which is easily done.
func TestPhaseOfTheCallersContext(t *testing.T) {
	tel := newTelemetry(t)
	ctx, caller := tel.tracer.Tracer("caller").Start(context.Background(), "request")
	_, r := tel.StartRetrieve(ctx, 10)
	_, p := r.StartPhase(ctx, otelcache.ToGPU)
	p.End()
	r.Finish(0)
	caller.End()
	wantSpans(t, tel, `
		request
		  lmcache.retrieve{lmcache.hit_rate=0 lmcache.speed=0 lmcache.tokens.hit=0 lmcache.tokens.requested=10}
		    to_gpu
	`)
}

// TestPhaseOfForeignContext checks that a phase belongs to its request,
// whatever context it is started with.
func TestPhaseOfForeignContext(t *testing.T) {
	tel := newTelemetry(t)
	_, r := tel.StartRetrieve(context.Background(), 10)
	foreign, other := tel.tracer.Tracer("caller").Start(context.Background(), "other")
	_, p := r.StartPhase(foreign, otelcache.ToGPU)
	p.End()
	r.Finish(0)
	other.End()
	wantSpans(t, tel, `
		lmcache.retrieve{lmcache.hit_rate=0 lmcache.speed=0 lmcache.tokens.hit=0 lmcache.tokens.requested=10}
		  to_gpu
		other
	`)
}

func TestUnsampledRequestsHaveTimesButNoPhaseSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := make(chan string, 10)
		tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(countingSampler{started}))
		tel := newTelemetry(t, otelcache.WithTracerProvider(tp))
		ctx, r := tel.StartRetrieve(context.Background(), 10)
		_, p := r.StartPhase(ctx, otelcache.ToGPU)
		time.Sleep(20 * ms)
		p.End()
		now := time.Now()
		r.RecordPhase(otelcache.Broadcast, now.Add(-ms), now)
		r.Finish(0)
		if got := tel.fed(t)["lmcache.retrieve.to_gpu.duration"]; got != "sum 0.02, 1 ≤ 0.02048" {
			t.Errorf("to_gpu is %q, want 20 ms", got)
		}
		if len(started) != 1 || <-started != "lmcache.retrieve" {
			t.Errorf("want the span of the request started, and none for its phases")
		}
	})
}

// countingSampler samples nothing, and says what it was asked about.
type countingSampler struct{ started chan<- string }

func (s countingSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	s.started <- p.Name
	return sdktrace.SamplingResult{Decision: sdktrace.Drop}
}

func (countingSampler) Description() string { return "counting" }

// TestNilContextOfAPhase uses what StartPhase returns for a nil context, with a
// request that no trace records.
func TestNilContextOfAPhase(t *testing.T) {
	m := openMonitor(t, testEngine, noProviders...)
	_, r := m.StartRetrieve(context.Background(), 1)
	//lint:ignore SA1012 the point of the test
	if ctx, _ := r.StartPhase(nil, otelcache.ToGPU); otelcache.RetrieveFromContext(ctx) != r {
		t.Errorf("got the context %v, want the retrieve's", ctx)
	}
}

// TestPhasesHaveSpans holds that each phase of the table has a name of its own.
func TestPhasesHaveSpans(t *testing.T) {
	names := map[string]bool{}
	for p := otelcache.ProcessTokens; p <= otelcache.Put || !strings.HasPrefix(p.String(), "unknown") && p < 100; p++ {
		if name := p.String(); name == "" || names[name] {
			t.Errorf("phase %d has the name %q, want one of its own in phaseTable", p, name)
		}
		names[p.String()] = true
	}
}
