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
	counters       []planned[instruments.Counter]
	brokenDown     map[int]int // fields of the counters that are maps, by index
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
	fields, inMaps := map[string]int{}, map[string]int{}
	p := plan{brokenDown: map[int]int{}}
	for i := range reflect.TypeFor[Stats]().NumField() {
		field := reflect.TypeFor[Stats]().Field(i)
		name, ok := field.Tag.Lookup("metric")
		if !ok {
			continue
		}
		if field.Type.Kind() == reflect.Map {
			inMaps[name] = i
		} else {
			fields[name] = i
		}
		p.fields = append(p.fields, planned[string]{i, name})
	}
	for _, c := range resolve(inMaps, instruments.Counters()) {
		p.brokenDown[c.metric.Index()] = c.field
	}
	p.counters = resolve(fields, instruments.Counters())
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
			attrs = appendGroup(attrs, f.metric, v)
		case map[string]time.Duration:
			attrs = appendGroup(attrs, f.metric, v)
		case map[string]Distribution:
			attrs = appendGroup(attrs, f.metric, v)
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

// appendGroup appends what a map has, unless it is empty.
func appendGroup[V any](attrs []slog.Attr, name string, values map[string]V) []slog.Attr {
	if len(values) == 0 {
		return attrs
	}
	var group []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(values)) {
		group = append(group, slog.Any(key, values[key]))
	}
	return append(attrs, slog.Attr{Key: name, Value: slog.GroupValue(group...)})
}

// hasNoRate reports whether the metric is a hit rate without a finished request.
func (s *Stats) hasNoRate(metric string) bool {
	return metric == instruments.RetrieveHitRate.String() && s.RetrieveDuration.Count() == 0 ||
		metric == instruments.LookupHitRate.String() && s.LookupDuration.Count() == 0
}
