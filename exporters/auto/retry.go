// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"net/url"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// retryInterval is how long a collector that cannot be reached has to come back
// before the next attempt.
const retryInterval = time.Second

// retrying tries an export again whose collector could not be reached, until its
// context ends. The exporter over gRPC does so itself; that over HTTP tries again
// what the collector refuses for now, and drops what finds no collector at all.
type retrying struct{ sdktrace.SpanExporter }

func (r retrying) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	for {
		err := r.SpanExporter.ExportSpans(ctx, spans)
		var unreachable *url.Error // of Go's HTTP client, which had no answer
		if !errors.As(err, &unreachable) {
			return err
		}
		select {
		case <-time.After(retryInterval):
		case <-ctx.Done():
			return err
		}
	}
}
