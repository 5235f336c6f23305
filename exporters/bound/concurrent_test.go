// SPDX-License-Identifier: Apache-2.0

package bound_test

import (
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
)

// TestTotalsConcurrentSafe records in 16 goroutines, to a series that they share,
// to one of each and without Bind, while two readers collect. In each collection a
// count is the sum of its buckets and at least that of the one before; in the end
// nothing is missing.
func TestTotalsConcurrentSafe(t *testing.T) {
	const recorders, each = 16, 2000
	b := bound.New()
	h := newHistogram(t, meterOf(b), "h", 1, 2, 3)
	var recording, reading sync.WaitGroup
	for r := range recorders {
		recording.Go(func() {
			shared, own := h.Bind(), h.Bind(engine(r))
			for i := range each {
				v := float64(i%4) + 0.5 // one for each bucket
				shared.Record(sampled(i), v)
				own.Record(ctx, v)
				h.Record(ctx, v, metric.WithAttributes(tenant))
			}
		})
	}
	done := make(chan struct{})
	for range 2 {
		reading.Go(func() {
			before := map[string]uint64{}
			for last := false; !last; {
				select {
				case <-done:
					last = true
				default:
				}
				data, _ := produce(t, b)["h"].(metricdata.Histogram[float64])
				for _, p := range data.DataPoints {
					var sum uint64
					for _, n := range p.BucketCounts {
						sum += n
					}
					key := p.Attributes.Encoded(nil)
					if p.Attributes.Len() > 0 {
						key = p.Attributes.ToSlice()[0].Value.Emit()
					}
					if p.Count != sum || p.Count < before[key] {
						t.Errorf("the series %q counts %d, after %d, and its buckets %d",
							key, p.Count, before[key], sum)
					}
					before[key] = p.Count
					if lowest, ok := p.Min.Value(); !ok || lowest != 0.5 && p.Count > recorders {
						t.Errorf("the series %q has the minimum %v, %t; want 0.5", key, lowest, ok)
					}
				}
			}
		})
	}
	recording.Wait()
	close(done)
	reading.Wait()

	data := produce(t, b)["h"].(metricdata.Histogram[float64])
	if len(data.DataPoints) != recorders+2 {
		t.Fatalf("%d series, want %d", len(data.DataPoints), recorders+2)
	}
	for _, p := range data.DataPoints {
		total := uint64(each)
		if _, own := p.Attributes.Value("engine"); !own {
			total *= recorders
		}
		n := total / 4
		if p.Count != total || p.Sum != float64(2*total) || !slices.Equal(p.BucketCounts, []uint64{n, n, n, n}) {
			t.Errorf("the series %v counts %d in %v with the sum %v; want %d, a quarter in each, and %d",
				p.Attributes.ToSlice(), p.Count, p.BucketCounts, p.Sum, total, 2*total)
		}
		if greatest, _ := p.Max.Value(); greatest != 3.5 {
			t.Errorf("the maximum is %v, want 3.5", greatest)
		}
	}
}
