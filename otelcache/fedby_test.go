// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestFedByNamesWhatExists holds the catalog's words, which the reference of metrics repeats, against the methods that there are.
func TestFedByNamesWhatExists(t *testing.T) {
	types := map[string]reflect.Type{
		"":          reflect.TypeFor[*otelcache.Monitor](),
		"Lookup":    reflect.TypeFor[otelcache.Lookup](),
		"Retrieve":  reflect.TypeFor[otelcache.Retrieve](),
		"Store":     reflect.TypeFor[otelcache.Store](),
		"Transfer":  reflect.TypeFor[otelcache.Transfer](),
		"RemoteGet": reflect.TypeFor[otelcache.RemoteGet](),
		"RemotePut": reflect.TypeFor[otelcache.RemotePut](),
	}
	for _, m := range instruments.All() {
		for what := range strings.SplitSeq(m.FedBy, ", ") {
			owner, method, found := strings.Cut(what, ".")
			if !found {
				owner, method = "", what
			}
			if operation, _, isPhase := strings.Cut(what, " phase "); isPhase {
				owner, method = operation, "StartPhase"
			}
			typ, ok := types[owner]
			if !ok {
				t.Errorf("%s is fed by %q: there is no type %s", m.Name, what, owner)
			} else if _, ok := typ.MethodByName(method); !ok {
				t.Errorf("%s is fed by %q: %v has no method %s", m.Name, what, typ, method)
			}
		}
	}
}
