// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestExemplarsCarryTheTraceOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		ctx, r := tel.StartRetrieve(context.Background(), 10)
		_, p := r.StartPhase(ctx, otelcache.ToGPU)
		time.Sleep(ms)
		p.End()
		r.Finish(5)
		want := tel.spans.Ended()[1].SpanContext().TraceID()
		histograms := 0
		for _, m := range collect(t, tel.reader) {
			h, ok := m.Data.(metricdata.Histogram[float64])
			if !ok {
				continue
			}
			histograms++
			for _, d := range h.DataPoints {
				if len(d.Exemplars) != 1 || [16]byte(d.Exemplars[0].TraceID) != want {
					t.Errorf("%s has the exemplars %v, want one of trace %s", m.Name, d.Exemplars, want)
				}
			}
		}
		if histograms != 3 {
			t.Errorf("got %d histograms, want those of the duration, the speed and the phase", histograms)
		}
	})
}
