// SPDX-License-Identifier: Apache-2.0

package batch

import (
	"context"
	"regexp"
	"strconv"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

// exporter counts what the exporter it wraps delivers.
type exporter struct {
	sdktrace.SpanExporter
	life    context.Context // ends when the processor gives up
	abandon context.CancelFunc

	queued    atomic.Int64 // accepted by the processor, not handed over yet
	delivered atomic.Int64
	failed    atomic.Int64
	last      atomic.Pointer[error]
}

func newExporter(e sdktrace.SpanExporter) *exporter {
	life, abandon := context.WithCancel(context.Background())
	return &exporter{SpanExporter: e, life: life, abandon: abandon}
}

func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.queued.Add(-int64(len(spans)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	err := e.SpanExporter.ExportSpans(ctx, spans)
	lost := rejected(err, len(spans))
	e.failed.Add(int64(lost))
	e.delivered.Add(int64(len(spans) - lost))
	if err != nil {
		e.last.Store(&err)
	}
	return err
}

func (e *exporter) lastError() error {
	if err := e.last.Load(); err != nil {
		return *err
	}
	return nil
}

// partialSuccess is how the OTLP exporters tell that the receiver took a batch but not all of it: their error type is internal to them.
var partialSuccess = regexp.MustCompile(`^traces export: OTLP partial success: (?s:.*) \((\d+) spans rejected\)$`)

// rejected returns how many of n spans an export that gave err lost.
func rejected(err error, n int) int {
	if err == nil {
		return 0
	}
	if m := partialSuccess.FindStringSubmatch(err.Error()); m != nil {
		if k, err := strconv.Atoi(m[1]); err == nil {
			return min(k, n)
		}
	}
	return n
}

func sizeFromEnvironment(name string, otherwise int) int {
	value, _ := otelenv.Get(name)
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return n
	}
	return otherwise
}
