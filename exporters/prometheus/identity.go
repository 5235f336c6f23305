// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// identityKeys are the attributes that tell engines apart.
var identityKeys = [...]attribute.Key{
	instruments.ModelNameKey, instruments.RoleKey, instruments.ServedModelNameKey, instruments.WorkerIDKey,
}

// identity holds the values of identityKeys. Unset and empty values are equal.
type identity [len(identityKeys)]string

// isPartOf reports whether whole has every value that is set in id.
func (id identity) isPartOf(whole identity) bool {
	for i := range id {
		if id[i] != "" && id[i] != whole[i] {
			return false
		}
	}
	return true
}

// overflowKey is the one attribute of the SDK's series for what is above its
// cardinality limit.
const overflowKey = attribute.Key("otel.metric.overflow")

// overflow stands for the attributes of that series.
var overflow = func() attribute.Distinct {
	set := attribute.NewSet(overflowKey.Bool(true))
	return set.Equivalent()
}()

// series is the meaning of a set of attributes.
type series struct {
	id       identity
	failed   bool // requests that failed
	overflow bool // the SDK's series for what is above its limit
}

func readSeries(set attribute.Set) series {
	var s series
	for iter := set.Iter(); iter.Next(); {
		kv := iter.Attribute()
		switch kv.Key {
		case instruments.ErrorTypeKey:
			s.failed = true
		case overflowKey:
			s.overflow = true
		default:
			if i := slices.Index(identityKeys[:], kv.Key); i >= 0 {
				s.id[i] = kv.Value.AsString()
			}
		}
	}
	return s
}
