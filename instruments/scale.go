// SPDX-License-Identifier: Apache-2.0

package instruments

import "strconv"

// Scale converts between a metric's own unit and the one that LMCache exposes. The zero value changes nothing.
//
// It is kept as a ratio, not as a factor, because 1/60 and 1/1000 are not binary fractions: a bound of 5 ms has to
// become 0.005 s, and 5 ms again.
type Scale struct{ multiplier, divisor float64 }

var (
	perMilli  = Scale{1000, 1}    // s to ms
	perMinute = Scale{1, 60}      // s to min
	perMiB    = Scale{1, 1 << 20} // By to what LMCache calls MB
)

// ToLMCache converts a value to LMCache's unit.
func (s Scale) ToLMCache(v float64) float64 {
	if s == (Scale{}) {
		return v
	}
	return v * s.multiplier / s.divisor
}

// FromLMCache converts a value from LMCache's unit.
func (s Scale) FromLMCache(v float64) float64 {
	if s == (Scale{}) {
		return v
	}
	return v * s.divisor / s.multiplier
}

// BoundToLMCache converts a bucket bound to LMCache's unit. It drops the noise that binary fractions bring, so that a
// bound which FromLMCache converted comes back as it was written: 57 ms, not 57.00000000000001.
func (s Scale) BoundToLMCache(bound float64) float64 {
	if s == (Scale{}) {
		return bound
	}
	const decimalDigits = 15 // that every float64 keeps
	v, err := strconv.ParseFloat(strconv.FormatFloat(s.ToLMCache(bound), 'g', decimalDigits, 64), 64)
	if err != nil {
		return s.ToLMCache(bound) // an infinite bound, which has no noise to drop
	}
	return v
}
