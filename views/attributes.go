// SPDX-License-Identifier: Apache-2.0

package views

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// filters makes the filters of attributes, metric by metric.
type filters struct {
	keep, drop attribute.Filter // nil to keep all
	dropKeys   []attribute.Key
	declared   map[attribute.Key]bool // the attributes of all entries of the catalog
}

func newFilters(c *config, catalog []instruments.Metric) filters {
	f := filters{dropKeys: c.dropKeys, declared: map[attribute.Key]bool{}}
	if len(c.keepKeys) > 0 {
		f.keep = attribute.NewAllowKeysFilter(c.keepKeys...)
	}
	if len(c.dropKeys) > 0 {
		f.drop = attribute.NewDenyKeysFilter(c.dropKeys...)
	}
	for _, m := range catalog {
		for _, a := range m.Attributes {
			f.declared[a.Key] = true
		}
	}
	return f
}

// of returns the filter of a metric, or nil if it would take nothing from it: a
// filter costs time at each measurement.
func (f filters) of(m instruments.Metric) attribute.Filter {
	switch {
	case f.keep != nil:
		return f.keep
	case slices.ContainsFunc(f.dropKeys, func(k attribute.Key) bool { return f.mayHave(m, k) }):
		return f.drop
	default:
		return nil
	}
}

// mayHave reports whether measurements of m may have the attribute: one that its
// entry names or, unless it is the process's, one that no entry names, which then
// belongs to the identity of an engine or is the host's own.
func (f filters) mayHave(m instruments.Metric, key attribute.Key) bool {
	named := slices.ContainsFunc(m.Attributes, func(a instruments.Attribute) bool { return a.Key == key })
	return named || !m.Process && !f.declared[key]
}
