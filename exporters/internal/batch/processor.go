// SPDX-License-Identifier: Apache-2.0

// Package batch delivers spans in batches and knows how many it lost.
package batch

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Config bounds a processor. A zero field means the OTEL_BSP_* variable, or the default of the SDK.
type Config struct {
	// QueueSize is how many spans may wait to be exported.
	QueueSize int
	// BatchSize is how many spans go into one export. A larger one than the queue is cut to the queue.
	BatchSize int
}

// Processor is the SDK's batch span processor with an account of what became of each span. The SDK's own drops spans without telling
// anybody, so the bound on the queue is enforced here, before the SDK's queue, which is then never full.
//
// It is safe for concurrent use.
type Processor struct {
	batches  sdktrace.SpanProcessor // the SDK's
	exporter *exporter
	limit    int64
	flushing chan struct{} // holds a token while the SDK flushes: its queue has one place for a flush

	ended   atomic.Int64 // sampled spans that came
	refused atomic.Int64 // of these, what the queue had no place for
	stopped atomic.Bool
	settled atomic.Bool // nothing will be delivered any more
}

// New returns a processor in front of e. It starts a goroutine that Shutdown ends.
func New(e sdktrace.SpanExporter, c Config) *Processor {
	if c.QueueSize == 0 {
		c.QueueSize = sizeFromEnvironment("OTEL_BSP_MAX_QUEUE_SIZE", sdktrace.DefaultMaxQueueSize)
	}
	if c.BatchSize == 0 {
		c.BatchSize = sizeFromEnvironment("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", sdktrace.DefaultMaxExportBatchSize)
	}
	p := &Processor{exporter: newExporter(e), limit: int64(c.QueueSize), flushing: make(chan struct{}, 1)}
	p.batches = sdktrace.NewBatchSpanProcessor(p.exporter,
		sdktrace.WithMaxQueueSize(c.QueueSize+cap(p.flushing)),
		sdktrace.WithMaxExportBatchSize(min(c.BatchSize, c.QueueSize)))
	return p
}

// OnStart does nothing.
func (p *Processor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd queues the span, or counts it as dropped when the queue is full. It never waits.
func (p *Processor) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	p.ended.Add(1)
	if p.stopped.Load() {
		p.refused.Add(1)
		return
	}
	if p.exporter.queued.Add(1) > p.limit {
		p.exporter.queued.Add(-1)
		p.refused.Add(1)
		return
	}
	p.batches.OnEnd(s)
}

// ForceFlush exports what is queued. When ctx ends first, the export goes on without the caller. Shutdown takes it over, and tells its errors.
func (p *Processor) ForceFlush(ctx context.Context) error {
	if p.stopped.Load() {
		return nil
	}
	select {
	case p.flushing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-p.flushing }()
		done <- p.batches.ForceFlush(p.exporter.life)
	}()
	select {
	case err := <-done:
		if p.stopped.Load() {
			return nil
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Shutdown exports what is queued and stops. What cannot be exported within ctx is given up. The error says what was lost on the way out.
func (p *Processor) Shutdown(ctx context.Context) error {
	if p.stopped.Swap(true) {
		return nil
	}
	before := p.Dropped()
	err := p.batches.Shutdown(ctx)
	p.Abandon()
	if n := p.Dropped() - before; n > 0 {
		return errors.Join(fmt.Errorf("%d spans were not delivered", n), err, p.exporter.lastError())
	}
	return err
}

// Abandon gives up what was not exported until now; Shutdown does so at its end. It never waits.
func (p *Processor) Abandon() {
	p.stopped.Store(true)
	p.exporter.abandon()
	p.settled.Store(true)
}

// Dropped returns how many sampled spans were lost so far: the queue was full, the export failed, or they ended after Shutdown. A span
// that waits is not lost, unless Shutdown has returned.
func (p *Processor) Dropped() int64 {
	if p.settled.Load() {
		return p.ended.Load() - p.exporter.delivered.Load()
	}
	return p.refused.Load() + p.exporter.failed.Load()
}
