// SPDX-License-Identifier: Apache-2.0

package batch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exporter is told by the test when, and with what result, each export ends.
type exporter struct {
	results chan error // nil: every export succeeds at once

	mu  sync.Mutex
	got int
}

func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.results != nil {
		select {
		case err := <-e.results:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got += len(spans)
	return nil
}

func (*exporter) Shutdown(context.Context) error { return nil }

func (e *exporter) received() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.got
}

func end(t *testing.T, p sdktrace.SpanProcessor, spans int, opts ...sdktrace.TracerProviderOption) {
	t.Helper()
	tp := sdktrace.NewTracerProvider(append(opts, sdktrace.WithSpanProcessor(p))...)
	for range spans {
		_, span := tp.Tracer("t").Start(t.Context(), "s")
		span.End()
	}
}

func TestQueueFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &exporter{results: make(chan error)}
		p := batch.New(e, batch.Config{QueueSize: 10, BatchSize: 4})
		end(t, p, 4)
		synctest.Wait() // four are on their way and hang there
		end(t, p, 10)
		synctest.Wait()
		if got := p.Dropped(); got != 0 {
			t.Errorf("%d dropped while the queue had place, want 0", got)
		}
		end(t, p, 7)
		if got := p.Dropped(); got != 7 {
			t.Errorf("%d dropped, want the 7 that found the queue full", got)
		}
		close(e.results)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := e.received(); got != 14 {
			t.Errorf("%d exported, want 14", got)
		}
		end(t, p, 2)
		if got := p.Dropped(); got != 9 {
			t.Errorf("%d dropped, want 9: 2 ended after Shutdown", got)
		}
	})
}

// Flushes that nobody waits for any more must not take the places of spans.
func TestFlushesInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &exporter{results: make(chan error)}
		p := batch.New(e, batch.Config{QueueSize: 3, BatchSize: 1})
		end(t, p, 1)
		synctest.Wait()
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := p.ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("ForceFlush gave %v, want the end of its context", err)
			}
			cancel()
		}
		end(t, p, 3)
		if got := p.Dropped(); got != 0 {
			t.Errorf("%d dropped, want 0", got)
		}
		close(e.results)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := e.received(); got != 4 {
			t.Errorf("%d exported, want 4", got)
		}
	})
}

func TestFailedExport(t *testing.T) {
	e := &exporter{results: make(chan error, 1)}
	p := batch.New(e, batch.Config{})
	end(t, p, 3)
	refused := errors.New("refused")
	e.results <- refused
	if err := p.ForceFlush(t.Context()); !errors.Is(err, refused) {
		t.Errorf("ForceFlush gave %v, want the export's error", err)
	}
	if got := p.Dropped(); got != 3 {
		t.Errorf("%d dropped, want 3", got)
	}
	end(t, p, 2)
	e.results <- refused
	if err := p.Shutdown(t.Context()); !errors.Is(err, refused) {
		t.Errorf("Shutdown gave %v, want the export's error", err)
	}
	if got := p.Dropped(); got != 5 {
		t.Errorf("%d dropped, want 5", got)
	}
}

func TestShutdownGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := batch.New(&exporter{results: make(chan error)}, batch.Config{BatchSize: 2})
		end(t, p, 5)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown gave %v, want the end of its context", err)
		}
		if d := time.Since(started); d != time.Second {
			t.Errorf("Shutdown took %v, want 1s", d)
		}
		if got := p.Dropped(); got != 5 {
			t.Errorf("%d dropped, want 5", got)
		}
	})
}

func TestUnsampledSpansAreNotLost(t *testing.T) {
	e := &exporter{}
	p := batch.New(e, batch.Config{})
	end(t, p, 3, sdktrace.WithSampler(recordOnly{}))
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if p.Dropped() != 0 || e.received() != 0 {
		t.Errorf("%d dropped and %d exported, want none of either", p.Dropped(), e.received())
	}
}

type recordOnly struct{}

func (recordOnly) ShouldSample(sdktrace.SamplingParameters) sdktrace.SamplingResult {
	return sdktrace.SamplingResult{Decision: sdktrace.RecordOnly}
}
func (recordOnly) Description() string { return "record only" }

func TestSizesFromEnvironment(t *testing.T) {
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "5")
	synctest.Test(t, func(t *testing.T) {
		e := &exporter{results: make(chan error)}
		p := batch.New(e, batch.Config{})
		end(t, p, 5)
		synctest.Wait() // a batch is no larger than the queue: it went off
		end(t, p, 6)
		if got := p.Dropped(); got != 1 {
			t.Errorf("%d dropped, want 1", got)
		}
		close(e.results)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// No span is ever lost from the account.
func TestConcurrentSafe(t *testing.T) {
	e := &exporter{}
	p := batch.New(e, batch.Config{QueueSize: 50, BatchSize: 10})
	var wg sync.WaitGroup
	const workers, each = 8, 500
	for range workers {
		wg.Go(func() { end(t, p, each) })
	}
	wg.Go(func() {
		for range 20 {
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			p.Dropped()
		}
	})
	wg.Go(func() {
		if err := p.Shutdown(t.Context()); err != nil {
			t.Log(err) // some ended meanwhile
		}
	})
	wg.Wait()
	if got := int64(e.received()) + p.Dropped(); got != workers*each {
		t.Errorf("%d exported or dropped, want %d", got, workers*each)
	}
}
