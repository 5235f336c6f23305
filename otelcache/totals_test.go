// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// totals adds up data points, by their names.
type totals map[string]total

type total struct {
	sum     float64
	buckets map[string]int // of a histogram, by bound
}

// add adds the points n times. Of a gauge's values, the last one stays.
func (all totals) add(p points, n int) {
	for name, value := range p {
		t, times := all[name], n
		metric, _, _ := strings.Cut(name, "{")
		if m, _ := instruments.Lookup(metric); m.Kind == instruments.KindGauge {
			t, times = total{}, 1
		}
		parts := strings.Split(strings.TrimPrefix(value, "sum "), ", ")
		t.sum += float64(times) * mustParse(parts[0])
		for _, bucket := range parts[1:] {
			if t.buckets == nil {
				t.buckets = map[string]int{}
			}
			count, bound, _ := strings.Cut(bucket, " ")
			t.buckets[bound] += times * int(mustParse(count))
		}
		all[name] = t
	}
}

func mustParse(number string) float64 {
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		panic(err)
	}
	return v
}

// text returns the totals as text, without the digits of a sum that depend on
// the order of its values.
func (all totals) text() points {
	text := points{}
	for name, t := range all {
		text[name] = fmt.Sprintf("%.10g %v", t.sum, t.buckets)
	}
	return text
}
