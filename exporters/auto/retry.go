// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

// The waits between two attempts, each of which may be half as long again or
// half as short, so that services do not come back to a collector all at once.
const (
	firstWait   = 500 * time.Millisecond
	longestWait = 5 * time.Second
)

// retrying exports spans again when the collector was not reached. OTLP asks
// clients for it, but OpenTelemetry's exporter over HTTP gives up when a
// connection is refused or breaks, and the one over gRPC after
// OTEL_EXPORTER_OTLP_TIMEOUT. Here it ends with the export's context, which the
// batch processor gives OTEL_BSP_EXPORT_TIMEOUT, or when ending is closed.
type retrying struct {
	sdktrace.SpanExporter
	ending <-chan struct{}
}

func (r retrying) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := r.SpanExporter.ExportSpans(ctx, spans)
		if err == nil {
			return nil
		}
		if !isUnreachable(err) || !r.sleep(ctx, time.Duration((0.5+rand.Float64())*float64(wait))) {
			return fmt.Errorf("export of %d spans: %w", len(spans), redact.URLs(err))
		}
	}
}

// MarshalLog shows the exporter in OpenTelemetry's log.
func (r retrying) MarshalLog() any { return r.SpanExporter }

func isUnreachable(err error) bool {
	var connection *net.OpError
	if errors.As(err, &connection) {
		return connection.Op == "dial" || connection.Op == "read" || connection.Op == "write"
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || status.Code(err) == codes.Unavailable
}

// sleep returns false if there is no time left for a further attempt.
func (r retrying) sleep(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false // with the reason, which the end of ctx would hide
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-r.ending:
	}
	return false
}
