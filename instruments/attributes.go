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
	// MisuseKindKey is what a caller did wrong.
	MisuseKindKey = attribute.Key("lmcache.otel.misuse.kind")
	// HostPartKey is the code of the host that failed.
	HostPartKey = attribute.Key("lmcache.otel.host.part")
	// ScrapeResultKey is how a scrape ended.
	ScrapeResultKey = attribute.Key("lmcache.otel.scrape.result")
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
	// Package otelcache numbers its misuses in this order.
	misuseKind = Attribute{
		Key:         MisuseKindKey,
		Description: "What a caller did wrong.",
		Values: []Value{
			{"finished_twice", "an operation was finished again, which is ignored"},
			{"phase_too_late", "a phase was used after its operation had finished, which is ignored"},
			{"wrong_phase", "a phase does not belong to this operation and is ignored"},
			{"wrong_times", "times that cannot be are treated as absent"},
			{"wrong_number", "a number that cannot be is left out"},
			{"unpinned_too_many", "more objects were unpinned than are pinned, which is left out"},
			{"too_many_hits", "more tokens were hit than requested, and the hit rate is taken as 1"},
			{"too_many_error_types", "there are too many types of errors, and another counts as _OTHER"},
			{"text_repaired", "a name is made valid UTF-8 or cut"},
			{"other_provider", "GetOrCreate asks for another meter provider than the engine's monitor has, which is ignored"},
			{"callback_failed", "a gauge callback failed and its readings are left out"},
		},
	}
	// Package otelcache numbers its failures of the host in this order.
	hostPart = Attribute{
		Key:         HostPartKey,
		Description: "The code of the host that failed.",
		Values: []Value{
			{"error_type", "the function of WithErrorType panicked and the type is that of the error"},
			{"sink", "a sink of statistics panicked"},
			{"logger", "the logger panicked"},
			{"meter_provider", "the meter provider refuses the callback of the observable instruments"},
			{"error_handler", "the error handler panicked"},
		},
	}
	// Package exporters/prometheus numbers its results in this order.
	scrapeResult = Attribute{
		Key:         ScrapeResultKey,
		Description: "How the scrape ended.",
		Values: []Value{
			{"ok", "it has the metrics of the meter provider"},
			{"failed", "the metrics could not be collected"},
			{"timed_out", "the metrics were not collected in the time of the scrape"},
			{"refused", "too many scrapes were being served"},
		},
	}
)
