// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"maps"

	"go.opentelemetry.io/otel/attribute"
)

// table is a map that gives its memory back when most of its entries are gone,
// as Go's maps do not.
type table[V any] struct {
	entries map[attribute.Distinct]V
	most    int // entries that there were since entries was made
}

func (t *table[V]) get(key attribute.Distinct) (V, bool) {
	v, ok := t.entries[key]
	return v, ok
}

func (t *table[V]) put(key attribute.Distinct, v V) {
	if t.entries == nil {
		t.entries = map[attribute.Distinct]V{}
	}
	t.entries[key] = v
	t.most = max(t.most, len(t.entries))
}

func (t *table[V]) remove(key attribute.Distinct) (V, bool) {
	v, ok := t.entries[key]
	delete(t.entries, key)
	const small = 16 // not worth a copy
	if t.most > small && len(t.entries) < t.most/4 {
		t.entries = maps.Collect(maps.All(t.entries))
		t.most = len(t.entries)
	}
	return v, ok
}
