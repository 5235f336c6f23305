// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// entry is a metric of the catalog and its part of the last collection.
type entry struct {
	instruments.Metric
	collected *metricdata.Metrics // nil without data
}

func (e *entry) data() metricdata.Aggregation {
	if e.collected == nil {
		return nil
	}
	return e.collected.Data
}

// catalog holds an entry for each metric of this module.
type catalog []entry

func newCatalog() catalog {
	var c catalog
	for _, m := range instruments.All() {
		c = append(c, entry{Metric: m})
	}
	return c
}

// find gives each entry its metric: by name or, since a view that renames an
// instrument leaves its description, by description. If views made several streams
// of one instrument, the first counts: a sum would count everything twice.
func (c catalog) find(collected []*metricdata.Metrics) {
	byText := make(map[string]*metricdata.Metrics, 2*len(collected))
	for _, m := range slices.Backward(collected) {
		byText[m.Name], byText[m.Description] = m, m
	}
	for i := range c {
		e := &c[i]
		if e.collected = byText[e.Name]; e.collected == nil {
			e.collected = byText[e.Description]
		}
	}
}

// isProcess reports whether m is of the process: its series have no identity, and
// are no engine's.
func (c catalog) isProcess(m *metricdata.Metrics) bool {
	return slices.ContainsFunc(c, func(e entry) bool {
		return e.Process && (e.Name == m.Name || e.Description == m.Description)
	})
}
