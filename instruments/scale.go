// SPDX-License-Identifier: Apache-2.0

package instruments

import "strconv"

// Scale converts between a metric's own unit and a vocabulary's. The zero value
// changes nothing.
//
// It is a ratio, not a factor, because 1/60 and 1/1000 are not binary fractions:
// a bound of 5 ms has to become 0.005 s, and 5 ms again.
type Scale struct{ multiplier, divisor float64 }

var (
	perMilli  = Scale{1000, 1}    // s to ms
	perMinute = Scale{1, 60}      // s to min
	perMiB    = Scale{1, 1 << 20} // By to LMCache's "MB"
)

// Apply converts a value to the vocabulary's unit. It drops the noise of binary
// fractions, so that Apply of [Scale.Undo] returns a bound as it was written: 57 ms,
// not 57.00000000000001.
func (s Scale) Apply(v float64) float64 {
	if s == (Scale{}) {
		return v
	}
	v = v * s.multiplier / s.divisor
	const decimalDigits = 15 // every float64 keeps that many
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', decimalDigits, 64), 64)
	if err != nil {
		return v // rounding would overflow
	}
	return rounded
}

// Undo converts a value from the vocabulary's unit.
func (s Scale) Undo(v float64) float64 {
	if s == (Scale{}) {
		return v
	}
	return v * s.divisor / s.multiplier
}
