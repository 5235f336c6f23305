// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestUnsetIdentityIsAbsent checks every combination of set and unset fields,
// on every data point and span.
func TestUnsetIdentityIsAbsent(t *testing.T) {
	for set := range 1 << 4 {
		var e otelcache.Engine
		var attrs []attribute.KeyValue
		for i, f := range []struct {
			key   attribute.Key
			field *string
		}{
			{"gen_ai.request.model", &e.ModelName},
			{"lmcache.worker.id", &e.WorkerID},
			{"lmcache.role", &e.Role},
			{"lmcache.served_model.name", &e.ServedModelName},
		} {
			if set>>i&1 == 1 {
				*f.field = fmt.Sprintf("value %d", i)
				attrs = append(attrs, f.key.String(*f.field))
			}
		}
		identity := attribute.NewSet(attrs...)
		bubble(t, fmt.Sprintf("%+v", e), func(t *testing.T) {
			reader, spans := sdkmetric.NewManualReader(), tracetest.NewSpanRecorder()
			m := openMonitor(t, e,
				otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
				otelcache.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))))
			if _, err := m.Observe(instruments.Healthy, func() float64 { return 1 }); err != nil {
				t.Fatal(err)
			}
			for _, f := range feeds {
				f.feed(context.Background(), m)
			}
			time.Sleep(10 * time.Second)
			points := pointsOf(t, collect(t, reader), identity)
			if len(points) < 50 || len(spans.Ended()) < 20 {
				t.Fatalf("%d data points and %d spans are too few to tell", len(points), len(spans.Ended()))
			}
			others := slices.Collect(maps.Keys(points)) // attributes besides the identity
			for _, s := range spans.Ended() {
				others = append(others, besides(t, "span "+s.Name(), attribute.NewSet(s.Attributes()...), identity))
			}
			for _, other := range others {
				for _, unset := range testIdentity.ToSlice() {
					if strings.Contains(other, string(unset.Key)+"=") {
						t.Errorf("%s has an attribute of an unset field", other)
					}
				}
			}
		})
	}
}
