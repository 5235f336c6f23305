// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// identityAttributes are the attributes that tell engines apart and LMCache's labels for them, in the order of the labels, in which
// Prometheus wants them.
var identityAttributes = [...]struct {
	key   attribute.Key
	label string
}{
	{instruments.ModelNameKey, "model_name"},
	{instruments.RoleKey, "role"},
	{instruments.ServedModelNameKey, "served_model_name"},
	{instruments.WorkerIDKey, "worker_id"},
}

// identity holds the values of identityAttributes. An attribute that is not there and one that is empty are the same.
type identity [len(identityAttributes)]string

// labels returns LMCache's labels, all of them, whether they are set or not.
func (id identity) labels() []*dto.LabelPair {
	pairs := make([]*dto.LabelPair, len(id))
	for i := range id {
		pairs[i] = &dto.LabelPair{Name: &identityAttributes[i].label, Value: &id[i]}
	}
	return pairs
}

func (id identity) compare(other identity) int { return slices.Compare(id[:], other[:]) }

// isPartOf reports whether whole has everything that is set in id.
func (id identity) isPartOf(whole identity) bool {
	for i := range id {
		if id[i] != "" && id[i] != whole[i] {
			return false
		}
	}
	return true
}

// series is what a set of attributes says about the series that has it.
type series struct {
	id       identity
	failed   bool // it is of requests that failed
	overflow bool // it is where the SDK puts what is above its cardinality limit
}

func readSeries(set attribute.Set) series {
	var s series
	for iter := set.Iter(); iter.Next(); {
		kv := iter.Attribute()
		switch kv.Key {
		case "error.type":
			s.failed = true
		case "otel.metric.overflow":
			s.overflow = true
		default:
			for i := range identityAttributes {
				if identityAttributes[i].key == kv.Key {
					s.id[i] = kv.Value.AsString()
				}
			}
		}
	}
	return s
}
