// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// logged returns the attributes of v as a handler gets them.
func logged(v slog.LogValuer) map[string]slog.Value {
	log := new(logRecorder)
	slog.New(log).Info("", "v", v)
	attrs := map[string]slog.Value{}
	for name, value := range log.take()[0].attrs {
		attrs[name[len("v."):]] = value
	}
	return attrs
}

func TestStatsLogValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of, _ := workloadStats(t)
		got := logged(of)
		wantLogged := func(name string, want any, tolerance float64) {
			v, ok := got[name]
			if delete(got, name); !ok {
				t.Errorf("%s is not logged, want %v", name, want)
			} else if f, isFloat := want.(float64); isFloat && v.Kind() == slog.KindFloat64 {
				wantNear(t, name, v.Float64(), f, tolerance)
			} else if text := fmt.Sprint(want); v.String() != text {
				t.Errorf("%s is logged as %s, want %s", name, v, text)
			}
		}
		for _, f := range statsFields {
			switch want := f.want.(type) {
			case otelcache.Engine:
				for _, a := range testIdentity.ToSlice() {
					wantLogged(string(a.Key), a.Value.AsString(), exactly)
				}
			case values:
				var sum float64
				for _, v := range want {
					sum += v
				}
				wantLogged(f.logged+".count", len(want), exactly)
				wantLogged(f.logged+".mean", sum/float64(len(want)), exactly)
				wantLogged(f.logged+".p50", want.quantile(0.5), roughly)
				wantLogged(f.logged+".p90", want.quantile(0.9), roughly)
				wantLogged(f.logged+".p99", want.quantile(0.99), roughly)
				wantLogged(f.logged+".max", want[len(want)-1], roughly)
			default:
				wantLogged(f.logged, want, exactly)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			t.Errorf("%s is logged as %s, want no more than statsFields", name, got[name])
		}
	})
}

// TestEmptyStatsLogValue checks that an idle interval is a short record.
func TestEmptyStatsLogValue(t *testing.T) {
	got := logged(otelcache.Stats{Interval: time.Second, RetrieveHitRate: 1})
	want := map[string]string{"interval": "1s"}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, text := range want {
		if got[name].String() != text {
			t.Errorf("%s is logged as %s, want %s", name, got[name], text)
		}
	}
}

func TestEmptyDistribution(t *testing.T) {
	var d otelcache.Distribution
	if d.Count() != 0 || d.Sum() != 0 || d.Mean() != 0 || d.Min() != 0 || d.Max() != 0 || d.Quantile(0.5) != 0 {
		t.Errorf("got %+v, want all of it 0", d)
	}
	got := logged(d)
	for _, name := range []string{"count", "mean", "p50", "p90", "p99", "max"} {
		if v, ok := got[name]; !ok || v.String() != "0" {
			t.Errorf("%s is logged as %s, want 0", name, v)
		}
	}
}
