// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"log/slog"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// plan says which field of Stats has which metric, by the field's tag. It is
// resolved once.
type plan struct {
	counters       []planned[instruments.Counter] // without attributes
	brokenDown     map[int]int                    // fields of those with attributes, by index
	upDownCounters []planned[instruments.UpDownCounter]
	gauges         []planned[instruments.Gauge]
	histograms     []planned[instruments.Histogram]
	fields         []planned[string] // all of them by name, in the order of the log
}

type planned[H any] struct {
	field  int
	metric H
}

var statsPlan = newPlan()

func newPlan() plan {
	fields := map[string]int{}
	var p plan
	for i := range reflect.TypeFor[Stats]().NumField() {
		if name, ok := reflect.TypeFor[Stats]().Field(i).Tag.Lookup("metric"); ok {
			fields[name] = i
			p.fields = append(p.fields, planned[string]{i, name})
		}
	}
	p.brokenDown = map[int]int{}
	for _, c := range resolve(fields, instruments.Counters()) {
		if len(c.metric.Metric().Attributes) > 0 {
			p.brokenDown[c.metric.Index()] = c.field
		} else {
			p.counters = append(p.counters, c)
		}
	}
	p.upDownCounters = resolve(fields, instruments.UpDownCounters())
	p.gauges = resolve(fields, instruments.Gauges())
	p.histograms = resolve(fields, instruments.Histograms())
	return p
}

func resolve[H interface{ String() string }](fields map[string]int, handles []H) (list []planned[H]) {
	for _, h := range handles {
		if i, ok := fields[h.String()]; ok {
			list = append(list, planned[H]{i, h})
		}
	}
	return list
}

// setNumber sets a field that is an int64, a float64 or a duration.
func setNumber(field reflect.Value, v float64) {
	switch p := field.Addr().Interface().(type) {
	case *int64:
		*p = int64(v)
	case *float64:
		*p = v
	case *time.Duration:
		*p = time.Duration(math.Round(v * float64(time.Second)))
	}
}

// addTo adds a number to a field that is a map.
func addTo(field reflect.Value, key string, n int64) {
	m := field.Addr().Interface().(*map[string]int64)
	if *m == nil {
		*m = map[string]int64{}
	}
	(*m)[key] += n
}

// isIdle reports whether nothing happened in the interval.
func (p *plan) isIdle(s *Stats) bool {
	fields := reflect.ValueOf(s).Elem()
	for _, f := range p.counters {
		if fields.Field(f.field).Int() != 0 {
			return false
		}
	}
	for _, f := range p.brokenDown {
		if fields.Field(f).Len() > 0 {
			return false
		}
	}
	for _, f := range p.histograms {
		if fields.Field(f.field).Addr().Interface().(*Distribution).Count() > 0 {
			return false
		}
	}
	return true
}

func (p *plan) appendLog(attrs []slog.Attr, s *Stats) []slog.Attr {
	fields := reflect.ValueOf(s).Elem()
	for _, f := range p.fields {
		switch v := fields.Field(f.field).Interface().(type) {
		case int64:
			if v != 0 {
				attrs = append(attrs, slog.Int64(f.metric, v))
			}
		case map[string]int64:
			if len(v) > 0 {
				attrs = append(attrs, group(f.metric, v))
			}
		case time.Duration:
			if v != 0 {
				attrs = append(attrs, slog.Duration(f.metric, v))
			}
		case float64:
			if v != 0 && !s.hasNoRate(f.metric) {
				attrs = append(attrs, slog.Float64(f.metric, v))
			}
		case Distribution:
			if v.Count() > 0 {
				attrs = append(attrs, slog.Any(f.metric, v))
			}
		}
	}
	return attrs
}

func group(name string, numbers map[string]int64) slog.Attr {
	var attrs []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(numbers)) {
		attrs = append(attrs, slog.Int64(key, numbers[key]))
	}
	return slog.Attr{Key: name, Value: slog.GroupValue(attrs...)}
}

// hasNoRate reports whether the metric is a hit rate without a finished request.
func (s *Stats) hasNoRate(metric string) bool {
	return metric == instruments.RetrieveHitRate.String() && s.RetrieveDuration.Count() == 0 ||
		metric == instruments.LookupHitRate.String() && s.LookupDuration.Count() == 0
}
