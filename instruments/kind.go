// SPDX-License-Identifier: Apache-2.0

package instruments

// Kind says what a metric measures and who feeds it.
type Kind uint8

// The kinds of metric.
const (
	// KindCounter is a sum of events that never falls.
	KindCounter Kind = iota + 1
	// KindUpDownCounter is a sum that may fall; Prometheus shows it as a gauge.
	KindUpDownCounter
	// KindGauge is the last value that an event set.
	KindGauge
	// KindHistogram is a distribution of values.
	KindHistogram
	// KindObservableGauge is the value that a callback of the host returns at
	// each collection.
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
