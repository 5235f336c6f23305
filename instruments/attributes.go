// SPDX-License-Identifier: Apache-2.0

package instruments

import "go.opentelemetry.io/otel/attribute"

// ScopeName is the instrumentation scope of every span and metric of this module.
const ScopeName = "github.com/lmcache-go/lmcache-otel/otelcache"

// Attributes of every span and measurement: the identity of an engine. One that is unset is left out.
const (
	// ModelNameKey is the name of the model that the engine serves, as OpenTelemetry's GenAI conventions name it.
	ModelNameKey = attribute.Key("gen_ai.request.model")
	// WorkerIDKey tells the workers of one engine apart.
	WorkerIDKey = attribute.Key("lmcache.worker.id")
	// RoleKey is the role of the process in its engine, such as "worker" or "scheduler".
	RoleKey = attribute.Key("lmcache.role")
	// ServedModelNameKey is the name under which clients ask for the model, where it differs.
	ServedModelNameKey = attribute.Key("lmcache.served_model.name")
)

// Attributes that some metrics have beside the engine's identity. An entry of the
// catalog names its own ([Metric.Attributes]).
const (
	// ErrorTypeKey is the type of the error of an operation that failed, as
	// OpenTelemetry's conventions have it. Operations that did not fail lack it.
	ErrorTypeKey = attribute.Key("error.type")
	// OperationKey is the operation that a phase belongs to, such as "retrieve".
	OperationKey = attribute.Key("lmcache.operation")
	// PhaseKey is the name of the phase.
	PhaseKey = attribute.Key("lmcache.phase")
)

// Attributes of spans only: their values are unbounded, so metrics must not carry them.
const (
	// RequestIDKey is the serving engine's id of the request.
	RequestIDKey = attribute.Key("lmcache.request.id")
	// RequestedTokensKey is how many tokens an operation was started with.
	RequestedTokensKey = attribute.Key("lmcache.tokens.requested")
	// HitTokensKey is how many tokens a lookup found or a retrieve got.
	HitTokensKey = attribute.Key("lmcache.tokens.hit")
	// StoredTokensKey is how many tokens a store put into the cache.
	StoredTokensKey = attribute.Key("lmcache.tokens.stored")
	// HitRateKey is hit over requested tokens, from 0 to 1.
	HitRateKey = attribute.Key("lmcache.hit_rate")
	// SpeedKey is tokens moved per second of the whole operation.
	SpeedKey = attribute.Key("lmcache.speed")
	// BytesKey is how many bytes a phase or a remote call moved.
	BytesKey = attribute.Key("lmcache.bytes")
	// ChunksKey is how many chunks a phase handled.
	ChunksKey = attribute.Key("lmcache.chunks")
	// CancelledKey is true on an operation that was cancelled or abandoned.
	CancelledKey = attribute.Key("lmcache.cancelled")
	// MergedPhasesKey is how many phases have no span of their own, because an
	// operation makes at most 32.
	MergedPhasesKey = attribute.Key("lmcache.phases.merged")
	// PeerKey is the other end of a peer-to-peer transfer.
	PeerKey = attribute.Key("lmcache.p2p.peer")
)

// Attribute describes an attribute that measurements of a metric have beside the
// identity of their engine.
type Attribute struct {
	Key attribute.Key
	// Description is one sentence for the people who read the metric.
	Description string
	// Values are all that the attribute can have; nil if hosts or errors bring
	// their own.
	Values []Value
	// Optional is true for an attribute that some measurements lack.
	Optional bool
}

// Value is one that an attribute can have.
type Value struct {
	Name string
	// Description says when a measurement has the value; empty if the name does.
	Description string
}

// The attributes of the catalog's entries.
var (
	errorType = Attribute{
		Key:         ErrorTypeKey,
		Description: "The type of the error, of operations that failed.",
		Optional:    true,
	}
	operation = Attribute{
		Key:         OperationKey,
		Description: "The operation that the phase belongs to.",
		Values:      []Value{{Name: "lookup"}, {Name: "retrieve"}, {Name: "store"}, {Name: "p2p_transfer"}, {Name: "remote.get"}, {Name: "remote.put"}},
	}
	phaseName = Attribute{
		Key:         PhaseKey,
		Description: "The name of the phase, as the host gave it to NewPhase.",
	}
)
