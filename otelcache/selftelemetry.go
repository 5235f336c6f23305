// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// self counts what this package does to what its callers say, for the life of the
// process and for all of its monitors together. Each meter provider gets all of it.
var self = newSelfTelemetry()

// selfTelemetry is the counts by the index of their handle, then by the position of
// their attribute's value in the catalog.
type selfTelemetry [][]selfCount

type selfCount struct {
	n       atomic.Int64
	options []metric.ObserveOption
}

func newSelfTelemetry() selfTelemetry {
	counts := make(selfTelemetry, 1) // nothing is kept under the zero handle
	for _, c := range instruments.ProcessCounters() {
		series := make([]selfCount, 1)
		for _, a := range c.Metric().Attributes {
			series = make([]selfCount, len(a.Values))
			for i, v := range a.Values {
				series[i].options = []metric.ObserveOption{metric.WithAttributeSet(attribute.NewSet(a.Key.String(v.Name)))}
			}
		}
		counts = append(counts, series)
	}
	return counts
}

// count counts one more of a metric without an attribute.
func (s selfTelemetry) count(c instruments.ProcessCounter) { s.countAs(c, 0) }

// countAs counts one more under the attribute's value at a position.
func (s selfTelemetry) countAs(c instruments.ProcessCounter, value int) { s[c.Index()][value].n.Add(1) }

// observe passes all values to the reader that collects.
func (s selfTelemetry) observe(o metric.Observer, to []metric.Int64ObservableCounter) {
	for i := range s {
		for j := range s[i] {
			o.ObserveInt64(to[i], s[i][j].n.Load(), s[i][j].options...)
		}
	}
}
