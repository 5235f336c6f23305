// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestThirdVocabulary: one with names, labels and bounds of its own, beside the
// others. Its only label does not tell workers apart, so that they share a row.
func TestThirdVocabulary(t *testing.T) {
	third := Vocabulary{&definition{
		name: "third",
		exposition: func(m instruments.Metric) instruments.Exposition {
			switch m.Name {
			case instruments.RemoteGetDuration.String():
				return instruments.Exposition{Name: "third:get", Scale: m.LMCache.Scale, Bounds: []float64{7, 90}}
			case instruments.RetrieveDuration.String():
				return instruments.Exposition{Name: "third:retrieve"}
			case instruments.LookupRequests.String():
				return instruments.Exposition{Name: "third:lookups"}
			case instruments.RemotePingLatency.String():
				return instruments.Exposition{Name: "third:ping", Idle: 5}
			}
			return instruments.Exposition{}
		},
		labels: map[attribute.Key]string{instruments.ModelNameKey: "name"},
	}}
	exporter, err := New(WithVocabulary(third, OTel, LMCache))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	for _, worker := range []string{"0", "1"} {
		mon, err := otelcache.New(otelcache.Engine{ModelName: "llama", WorkerID: worker}, otelcache.WithMeterProvider(provider))
		if err != nil {
			t.Fatal(err)
		}
		defer mon.Close() //nolint:errcheck // nothing depends on it
		mon.StartLookup(t.Context(), 1)
		mon.RecordRemoteGetTime(t.Context(), 3e6) // is in LMCache's bucket that ends at 5 ms
		mon.RecordRemoteGetTime(t.Context(), 3e7) // 40 ms
		mon.RecordRemoteGetTime(t.Context(), 3e8) // 500 ms
	}
	families, err := exporter.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.Metric{}
	for _, f := range families {
		byName[f.GetName()] = f.GetMetric()[0]
		l := f.GetMetric()[0].GetLabel()
		if strings.HasPrefix(f.GetName(), "third:") && (len(f.GetMetric()) != 1 || len(l) != 1 || l[0].GetName() != "name" || l[0].GetValue() != "llama") {
			t.Errorf("%s is %v, want one series with the name llama alone", f.GetName(), f)
		}
	}
	if len(byName) <= 94+4 || byName["lmcache:num_lookup_requests_total"] == nil || byName["lmcache_lookup_requests_total"] == nil {
		t.Errorf("%d families, want those of three vocabularies", len(byName))
	}
	if got := byName["third:lookups_total"].GetCounter().GetValue(); got != 2 {
		t.Errorf("%v lookups, want 2", got)
	}
	if got := byName["third:ping"].GetGauge().GetValue(); got != 5 {
		t.Errorf("third:ping is %v, want 5 while idle", got)
	}
	var bounds []float64
	var counts []uint64
	for _, b := range byName["third:get"].GetHistogram().GetBucket() {
		bounds, counts = append(bounds, b.GetUpperBound()), append(counts, b.GetCumulativeCount())
	}
	if !slices.Equal(bounds, []float64{7, 90, infinity}) || !slices.Equal(counts, []uint64{2, 4, 6}) {
		t.Errorf("third:get has %v up to %v, want 2, 4 and 6 up to 7, 90 and +Inf", counts, bounds)
	}
	if got := len(byName["third:retrieve"].GetHistogram().GetBucket()); got != len(instruments.RetrieveDuration.Metric().Bounds)+1 {
		t.Errorf("third:retrieve has %d buckets, want those of the metric", got)
	}
}
