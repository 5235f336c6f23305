// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Engine is the identity of an engine: the attributes that every span and
// measurement of its monitor carries. An empty field is left out, and is an empty
// label under LMCache's names. Engines are equal when all fields are.
//
// A field that is not valid UTF-8 is repaired with U+FFFD. One of more than 256
// bytes is cut and ends in a hash of the whole, so that two long names stay two.
// Both are reported to [otel.Handle].
type Engine struct {
	// ModelName is the model that the engine serves (gen_ai.request.model).
	ModelName string
	// WorkerID tells the workers of one engine apart (lmcache.worker.id).
	WorkerID string
	// Role is the role of the process in its engine, such as "worker" or
	// "scheduler" (lmcache.role).
	Role string
	// ServedModelName is the name under which clients ask for the model
	// (lmcache.served_model.name).
	ServedModelName string
}

// clean returns e as it is reported. It reports a field that is changed.
func (e Engine) clean() Engine {
	e.ModelName = cleanName(e.ModelName, string(instruments.ModelNameKey))
	e.WorkerID = cleanName(e.WorkerID, string(instruments.WorkerIDKey))
	e.Role = cleanName(e.Role, string(instruments.RoleKey))
	e.ServedModelName = cleanName(e.ServedModelName, string(instruments.ServedModelNameKey))
	return e
}

// attributes returns the fields that are set.
func (e Engine) attributes() []attribute.KeyValue {
	var set []attribute.KeyValue
	for _, a := range []attribute.KeyValue{
		instruments.ModelNameKey.String(e.ModelName),
		instruments.WorkerIDKey.String(e.WorkerID),
		instruments.RoleKey.String(e.Role),
		instruments.ServedModelNameKey.String(e.ServedModelName),
	} {
		if a.Value.AsString() != "" {
			set = append(set, a)
		}
	}
	return set
}
