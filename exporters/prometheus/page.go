// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"cmp"
	"slices"

	dto "github.com/prometheus/client_model/go"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// translatedPage makes the families of a vocabulary that translates the catalog.
type translatedPage struct {
	columns []column // in the order of their labels, as Prometheus wants them
	list    []family

	// live is the table of all live engines, after so many changes of them.
	live    table
	changes int
}

// column is a label of every family and its position in an identity.
type column struct {
	label string
	index int
}

func newTranslatedPage(v Vocabulary, c catalog, views []sdkmetric.View) *translatedPage {
	p := &translatedPage{}
	for i, key := range identityKeys {
		if label := v.definition.labels[key]; label != "" {
			p.columns = append(p.columns, column{label, i})
		}
	}
	slices.SortFunc(p.columns, func(a, b column) int { return cmp.Compare(a.label, b.label) })
	for i := range c {
		if f := newFamily(v, &c[i]); f.name != "" && f.applyViews(views) {
			p.list = append(p.list, f)
		}
	}
	return p
}

func (p *translatedPage) families(e *Exporter) ([]*dto.MetricFamily, error) {
	if len(e.engines.live) == 0 {
		return nil, nil
	}
	if p.changes != e.engines.changes {
		p.live, p.changes = p.newTable(e.engines.without(nil)), e.engines.changes
	}
	families := make([]*dto.MetricFamily, len(p.list))
	for i := range p.list {
		f, t := &p.list[i], p.live
		if ids, ok := e.engines.merged(f.entry.data()); ok {
			t = p.newTable(ids)
		}
		families[i] = f.build(&e.engines, t)
	}
	return families, nil
}

// table holds the labels of each row of a family, and the row of each identity.
// Identities that the vocabulary's labels cannot tell apart share a row. It does
// not change: families that were handed out have its labels.
type table struct {
	labels [][]*dto.LabelPair
	rows   map[identity]int
}

// newTable sorts ids in place.
func (p *translatedPage) newTable(ids []identity) table {
	compare := func(a, b identity) int {
		for _, c := range p.columns {
			if order := cmp.Compare(a[c.index], b[c.index]); order != 0 {
				return order
			}
		}
		return 0
	}
	slices.SortFunc(ids, compare)
	t := table{rows: make(map[identity]int, len(ids))}
	for i := range ids {
		if i == 0 || compare(ids[i-1], ids[i]) != 0 {
			pairs := make([]*dto.LabelPair, len(p.columns))
			for j := range p.columns {
				pairs[j] = &dto.LabelPair{Name: &p.columns[j].label, Value: &ids[i][p.columns[j].index]}
			}
			t.labels = append(t.labels, pairs)
		}
		t.rows[ids[i]] = len(t.labels) - 1
	}
	return t
}

// row returns the row of s; ok is false for a series that is on no row.
func (t table) row(s series) (row int, ok bool) {
	row, ok = t.rows[s.id]
	return row, ok && !s.overflow
}
