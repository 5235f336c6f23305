// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"
	"strings"

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
		// Prometheus refuses a page with a label that is not UTF-8; the host may have put anything into its names.
		value := strings.ToValidUTF8(id[i], "\uFFFD")
		pairs[i] = &dto.LabelPair{Name: &identityAttributes[i].label, Value: &value}
	}
	return pairs
}

func (id identity) compare(other identity) int { return slices.Compare(id[:], other[:]) }

// keys says which of the attributes are set.
type keys [len(identityAttributes)]bool

func (k *keys) add(id identity) {
	for i := range id {
		k[i] = k[i] || id[i] != ""
	}
}

func (k keys) and(other keys) keys {
	for i := range k {
		k[i] = k[i] && other[i]
	}
	return k
}

// on returns id with only the attributes k.
func (id identity) on(k keys) identity {
	for i := range id {
		if !k[i] {
			id[i] = ""
		}
	}
	return id
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
					s.id[i] = kv.Value.String()
				}
			}
		}
	}
	return s
}
