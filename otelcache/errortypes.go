// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.40.0"
)

// maxErrorTypes bounds the types of errors in a process beside Go's sentinels,
// which are few by themselves. Each type makes a series of each engine.
const maxErrorTypes = 32

var errorTypes errorTypeSet

// errorTypeSet has the types of errors that have a name of their own: the first
// ones. Others count as _OTHER.
type errorTypeSet struct {
	known atomic.Pointer[map[string]attribute.KeyValue] // it never changes
	mu    sync.Mutex                                    // held to replace it
}

// attribute returns the attribute error.type.
func (s *errorTypeSet) attribute(name string) attribute.KeyValue {
	name = cleanName(name, string(semconv.ErrorTypeKey))
	if a, ok := s.all()[name]; ok {
		return a
	}
	if len(s.all()) < maxErrorTypes && s.add(name) {
		return s.all()[name]
	}
	report(tooManyErrorTypes, "%s: want at most %d; WithErrorType names them", name, maxErrorTypes)
	return semconv.ErrorTypeOther
}

func (s *errorTypeSet) all() map[string]attribute.KeyValue {
	if known := s.known.Load(); known != nil {
		return *known
	}
	return nil
}

// add reports whether the name is known now.
func (s *errorTypeSet) add(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := maps.Clone(s.all())
	switch _, ok := known[name]; {
	case ok:
		return true
	case len(known) == maxErrorTypes:
		return false
	case known == nil:
		known = map[string]attribute.KeyValue{}
	}
	name = strings.Clone(name) // or what it is a part of would stay in memory
	known[name] = semconv.ErrorTypeKey.String(name)
	s.known.Store(&known)
	return true
}
