// SPDX-License-Identifier: Apache-2.0

package instruments

import (
	"slices"
	"strings"
)

// Class is the group that a metric belongs to.
type Class string

// The classes, in the order of the catalog.
const (
	ClassRequest   Class = "request"
	ClassPhase     Class = "phase"
	ClassSlow      Class = "slow"
	ClassP2P       Class = "p2p"
	ClassEngine    Class = "engine"
	ClassLocal     Class = "local"
	ClassRemote    Class = "remote"
	ClassStorage   Class = "storage"
	ClassHealth    Class = "health"
	ClassChunks    Class = "chunks"
	ClassConnector Class = "connector"
	ClassThreads   Class = "threads"
)

var classes = []Class{
	ClassRequest, ClassPhase, ClassSlow, ClassP2P, ClassEngine, ClassLocal,
	ClassRemote, ClassStorage, ClassHealth, ClassChunks, ClassConnector, ClassThreads,
}

// Kind says what a metric measures and who feeds it.
type Kind uint8

// The kinds of metric.
const (
	// KindCounter is a sum that only grows, of events.
	KindCounter Kind = iota + 1
	// KindUpDownCounter is a sum that may fall; Prometheus shows it as a gauge.
	KindUpDownCounter
	// KindGauge is the last value that an event set.
	KindGauge
	// KindHistogram is a distribution of values.
	KindHistogram
	// KindObservableGauge is a value that a callback of the host gives at each collection.
	KindObservableGauge
)

// String returns the kind in words, such as "counter" or "observable gauge".
func (k Kind) String() string {
	switch k {
	case KindCounter:
		return "counter"
	case KindUpDownCounter:
		return "updowncounter"
	case KindGauge:
		return "gauge"
	case KindHistogram:
		return "histogram"
	case KindObservableGauge:
		return "observable gauge"
	default:
		return "unknown kind"
	}
}

// Metric describes one metric.
type Metric struct {
	Class Class
	// Name is the OpenTelemetry name.
	Name string
	Kind Kind
	// Unit is the unit of measurements, in UCUM: s, By, 1, or what is counted, such as {token}.
	Unit string
	// Description is one sentence for the people who read the metric.
	Description string
	// FedBy names what feeds the metric: methods of otelcache's Monitor and operations.
	FedBy string
	// Bounds are the upper bounds of a histogram's buckets in Unit; nil for other kinds.
	Bounds []float64
	// LMCache is how LMCache exposes the metric; it is the zero value for a metric that LMCache does not expose.
	LMCache LMCache
}

// LMCache is how LMCache exposes a metric on its Prometheus endpoint.
type LMCache struct {
	// Name starts with "lmcache:"; the series of a counter additionally end in "_total".
	Name string
	// Unit is LMCache's word for the unit; empty for the gauges that LMCache reads by callback.
	Unit string
	// Scale leads from [Metric.Unit] to Unit.
	Scale Scale
	// Bounds are LMCache's upper bounds of a histogram's buckets, in Unit.
	Bounds []float64
}

// ShortName is LMCache's name without the "lmcache:" prefix, as used in LMCache's configuration.
func (l LMCache) ShortName() string { return strings.TrimPrefix(l.Name, "lmcache:") }

func (m Metric) clone() Metric {
	m.Bounds = slices.Clone(m.Bounds)
	m.LMCache.Bounds = slices.Clone(m.LMCache.Bounds)
	return m
}
