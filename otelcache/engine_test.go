// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
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
		want := map[attribute.Key]string{}
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
				want[f.key] = *f.field
			}
		}
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
			metrics := collect(t, reader)
			if n := len(metrics); n < 50 || len(spans.Ended()) < 20 {
				t.Fatalf("%d metrics and %d spans are too few to tell", n, len(spans.Ended()))
			}
			for _, metric := range metrics {
				for _, attrs := range attributesOf(metric) {
					wantIdentity(t, metric.Name, attrs, want)
				}
			}
			for _, s := range spans.Ended() {
				wantIdentity(t, "span "+s.Name(), s.Attributes(), want)
			}
		})
	}
}

// attributesOf returns the attributes of each data point.
func attributesOf(m metricdata.Metrics) (all [][]attribute.KeyValue) {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			all = append(all, p.Attributes.ToSlice())
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			all = append(all, p.Attributes.ToSlice())
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			all = append(all, p.Attributes.ToSlice())
		}
	}
	return all
}

// wantIdentity checks the attributes of identity, of which there may be no
// others; attributes of other meanings are left alone.
func wantIdentity(t *testing.T, of string, got []attribute.KeyValue, want map[attribute.Key]string) {
	t.Helper()
	identity := map[attribute.Key]string{}
	for _, a := range got {
		switch a.Key {
		case "gen_ai.request.model", "lmcache.worker.id", "lmcache.role", "lmcache.served_model.name":
			identity[a.Key] = a.Value.AsString()
		}
	}
	if fmt.Sprint(identity) != fmt.Sprint(want) {
		t.Errorf("%s has the identity %v, want %v", of, identity, want)
	}
}
