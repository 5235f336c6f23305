// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Vocabulary is a set of names for the metrics of this module on a page. Values
// are comparable; the zero value is [OTel].
type Vocabulary struct{ definition *definition }

// definition describes a vocabulary that translates the catalog.
type definition struct {
	name       string
	exposition func(instruments.Metric) instruments.Exposition
	labels     map[attribute.Key]string // of identityKeys
}

var (
	// OTel has names, labels and units as OpenTelemetry's own Prometheus exporter
	// writes them, for every metric of the meter provider.
	OTel Vocabulary

	// LMCache has LMCache's own names, labels, units and buckets, and no other
	// metrics.
	LMCache = Vocabulary{&definition{
		name:       "lmcache",
		exposition: func(m instruments.Metric) instruments.Exposition { return m.LMCache },
		labels: map[attribute.Key]string{
			instruments.ModelNameKey: "model_name", instruments.RoleKey: "role",
			instruments.ServedModelNameKey: "served_model_name", instruments.WorkerIDKey: "worker_id",
		},
	}}
)

// String returns the name of the vocabulary, such as "otel" or "lmcache".
func (v Vocabulary) String() string {
	if v.definition == nil {
		return "otel"
	}
	return v.definition.name
}

// FamilyName returns the name of the family that holds m on a page, such as
// "lmcache_retrieve_duration_seconds" or "lmcache:time_to_retrieve". Counters
// end in "_total". It is empty for a metric that the vocabulary lacks.
func (v Vocabulary) FamilyName(m instruments.Metric) string {
	if v.definition == nil {
		return nativeFamilyName(m)
	}
	name := v.definition.exposition(m).Name
	if name != "" && m.Kind == instruments.KindCounter {
		name += "_total"
	}
	return name
}
