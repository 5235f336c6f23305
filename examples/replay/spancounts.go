// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// countsSpans reports whether the SDK counts its spans.
func countsSpans() bool { return strings.EqualFold(os.Getenv("OTEL_GO_X_OBSERVABILITY"), "true") }

// spanCounts are the SDK's counts of its spans. With several exporters, a span
// is processed and exported once by each.
type spanCounts struct {
	started, processed, queueFull, exported int64
}

// lost returns how many spans an exporter got and did not export. The SDK's count
// of failures would not do: it has every attempt.
func (c spanCounts) lost() int64 { return c.processed - c.queueFull - c.exported }

// String returns one line for a person to read.
func (c spanCounts) String() string {
	return fmt.Sprintf("spans: %d started, %d processed (queue full: %d), %d exported (lost: %d)",
		c.started, c.processed, c.queueFull, c.exported, c.lost())
}

func readSpanCounts(ctx context.Context, r sdkmetric.Reader) (c spanCounts, err error) {
	var rm metricdata.ResourceMetrics
	if err := r.Collect(ctx, &rm); err != nil {
		return c, err
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				continue
			}
			for _, p := range sum.DataPoints {
				_, failed := p.Attributes.Value("error.type")
				c.add(m.Name, failed, p.Value)
			}
		}
	}
	return c, nil
}

func (c *spanCounts) add(metric string, failed bool, n int64) {
	switch metric {
	case "otel.sdk.span.started":
		c.started += n
	case "otel.sdk.processor.span.processed":
		c.processed += n
		if failed {
			c.queueFull += n
		}
	case "otel.sdk.exporter.span.exported":
		if !failed {
			c.exported += n
		}
	}
}
