// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestStatsHaveTheCatalog holds that Stats has every metric that events feed, in
// a field of the catalog's name for it.
func TestStatsHaveTheCatalog(t *testing.T) {
	fields := map[string]string{} // by metric
	for _, f := range reflect.VisibleFields(reflect.TypeFor[otelcache.Stats]()) {
		if name, ok := f.Tag.Lookup("metric"); ok {
			fields[name] = f.Name
		}
	}
	for _, m := range engineMetrics() {
		if m.Kind == instruments.KindObservableGauge {
			continue
		}
		if got := fields[m.Name]; got != m.Identifier() {
			t.Errorf("the field of %s is %q, want %s", m.Name, got, m.Identifier())
		}
		delete(fields, m.Name)
	}
	for name, field := range fields {
		t.Errorf("%s has the metric %s, which the catalog lacks", field, name)
	}
}

// TestStats compares the statistics of every event with the data points that it
// feeds. What happened before the cursor was made is not in them, and an idle
// interval keeps gauges alone.
func TestStats(t *testing.T) {
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			m := newTelemetry(t, feedOptions...).Monitor
			f.feed(context.Background(), m)
			time.Sleep(time.Minute) // the hit-rate gauges forget
			cursor := m.Cursor()
			m.AddPinnedObjects(-int(cursor.Next().MemoryPinnedObjects)) // no interval starts that one anew
			start := time.Now()
			f.feed(context.Background(), m)
			got, want := cursor.Next(), statsOf(f.want)
			if got.Engine != testEngine || got.Interval != time.Since(start) {
				t.Errorf("got %+v in %v, want %+v in %v", got.Engine, got.Interval, testEngine, time.Since(start))
			}
			wantStats(t, got, want)
			wantLogged(t, got, want)
			time.Sleep(time.Second)
			maps.DeleteFunc(want, func(name, _ string) bool {
				m, _ := instruments.Lookup(name)
				return m.Kind == instruments.KindCounter || m.Kind == instruments.KindHistogram || isHitRate(m)
			})
			wantStats(t, cursor.Next(), want)
		})
	}
}

// statsOf returns the points that Stats has: not those of failed operations, those
// of the host's phases without their attributes, and the hit rates of the interval
// itself.
func statsOf(all points) points {
	stats := points{}
	for name, value := range all {
		name = strings.TrimSuffix(name, hostPhaseOf(name))
		if !strings.Contains(name, "{") && value != "0" {
			stats[name] = value
		}
	}
	for _, of := range []string{"lmcache.retrieve", "lmcache.lookup"} {
		var hits, requested float64
		fmt.Sscan(all[of+".hit_tokens"], &hits)
		fmt.Sscan(all[of+".requested_tokens"], &requested)
		if delete(stats, of+".hit_rate"); hits > 0 {
			stats[of+".hit_rate"] = fmt.Sprint(hits / requested)
		}
	}
	return stats
}

func isHitRate(m instruments.Metric) bool {
	return m.Name == "lmcache.retrieve.hit_rate" || m.Name == "lmcache.lookup.hit_rate"
}

// wantStats checks that exactly the wanted metrics are not zero.
func wantStats(t *testing.T, got otelcache.Stats, want points) {
	t.Helper()
	v := reflect.ValueOf(got)
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, ok := f.Tag.Lookup("metric")
		if !ok {
			continue
		}
		wanted, fed := want[name]
		switch value := v.FieldByIndex(f.Index).Interface().(type) {
		case otelcache.Distribution:
			var sum float64
			fmt.Sscanf(wanted, "sum %v,", &sum)
			if fed != (value.Count() == 1) || fed && value.Sum() != sum { // feeds have one value
				t.Errorf("%s has %d values that sum to %v, want %q", f.Name, value.Count(), value.Sum(), wanted)
			}
		case float64:
			if !fed && name == "lmcache.retrieve.hit_rate" && value == 1 {
				continue // as LMCache says of an interval without retrieves
			}
			if fed != (value != 0) || fed && fmt.Sprint(value) != wanted {
				t.Errorf("%s is %v, want %q", f.Name, value, wanted)
			}
		case time.Duration:
			if fed != (value != 0) || fed && fmt.Sprint(value.Seconds()) != wanted {
				t.Errorf("%s is %v, want %q s", f.Name, value, wanted)
			}
		case int64:
			var n float64
			fmt.Sscan(wanted, &n)
			if value != int64(n) {
				t.Errorf("%s is %d, want %q", f.Name, value, wanted)
			}
		}
	}
}

// wantLogged checks that the record has the wanted metrics under their names, and
// no others.
func wantLogged(t *testing.T, s otelcache.Stats, want points) {
	t.Helper()
	names := map[string]bool{}
	for name := range logged(s) {
		if name == "interval" || testIdentity.HasValue(attribute.Key(name)) {
			continue
		}
		for _, part := range []string{".count", ".mean", ".p50", ".p90", ".p99", ".max"} {
			name = strings.TrimSuffix(name, part)
		}
		names[name] = true
	}
	for name := range want {
		m, _ := instruments.Lookup(name)
		if idle := isHitRate(m) && s.RetrieveDuration.Count()+s.LookupDuration.Count() == 0; !idle && !names[name] {
			t.Errorf("%s is not logged", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if _, ok := want[name]; !ok && !(name == "lmcache.retrieve.hit_rate" && s.RetrieveHitRate == 1) {
			t.Errorf("%s is logged, want it left out", name)
		}
	}
}

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

// TestEmptyStatsLogValue checks that an idle interval is a short record.
func TestEmptyStatsLogValue(t *testing.T) {
	got := logged(otelcache.Stats{Interval: time.Second, RetrieveHitRate: 1})
	if len(got) != 1 || got["interval"].String() != "1s" {
		t.Errorf("got %v, want the interval of 1s", got)
	}
}
