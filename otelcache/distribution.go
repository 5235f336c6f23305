// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"math"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"
)

// The buckets of a distribution cut each power of two from 2^-30 (a nanosecond,
// in seconds) to 2^46 into 16 equal parts: a value is at most 1/32 of itself away
// from the middle of its bucket, within the 5 % that Stats promises, and no part
// is wider than a bucket of a Prometheus native histogram of schema 3. The first
// bucket takes smaller values, the last larger ones.
const (
	subdivisionBits = 4
	smallestPower   = -30
	powers          = 76
	numBuckets      = 1 + powers<<subdivisionBits

	mantissaBits = 52
	exponentBias = 1023
	firstIndex   = (exponentBias + smallestPower) << subdivisionBits // the leading bits of 2^smallestPower
)

// bucketOf relies on the layout of a float64, whose leading bits are its exponent
// and the first digits of its mantissa.
func bucketOf(v float64) int {
	if !(v >= 1.0/(1<<-smallestPower)) {
		return 0
	}
	return min(int(math.Float64bits(v)>>(mantissaBits-subdivisionBits))-firstIndex+1, numBuckets-1)
}

func middleOf(bucket int) float64 {
	if bucket == 0 {
		return 0
	}
	leading := uint64(bucket-1+firstIndex) << (mantissaBits - subdivisionBits)
	return math.Float64frombits(leading | 1<<(mantissaBits-subdivisionBits-1))
}

// distribution is a histogram of fixed size in atomics. It is cumulative, like counters.
type distribution struct {
	nanoseconds atomic.Int64  // sum of durations, which is exact; read it with sumOf
	floatSum    atomic.Uint64 // bits of the sum of values that are not durations
	// occupied has a bit for each bucket that is not empty, so that readers skip
	// the others.
	occupied [(numBuckets + 63) / 64]atomic.Uint64
	counts   [numBuckets]atomic.Uint64
}

func (d *distribution) recordDuration(t time.Duration) {
	d.count(t.Seconds())
	addUpTo(&d.nanoseconds, int64(t))
}

func (d *distribution) record(v float64) {
	d.count(v)
	for {
		old := d.floatSum.Load()
		if d.floatSum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

func (d *distribution) count(v float64) {
	b := bucketOf(v)
	d.counts[b].Add(1)
	if word, bit := &d.occupied[b/64], uint64(1)<<(b%64); word.Load()&bit == 0 {
		word.Or(bit)
	}
}

// position is a reader's place in a distribution.
type position struct {
	nanoseconds int64
	floatSum    float64
	counts      []uint64 // nil until there is something to count
}

// since returns the values after p, and moves p on. It uses the memory of
// scratch, which may grow.
func (d *distribution) since(p *position, scratch *[]bucket) Distribution {
	var delta Distribution
	*scratch = (*scratch)[:0]
	for w := range d.occupied {
		for occupied := d.occupied[w].Load(); occupied != 0; occupied &= occupied - 1 {
			b := w*64 + bits.TrailingZeros64(occupied)
			if p.counts == nil {
				p.counts = make([]uint64, numBuckets)
			}
			count := d.counts[b].Load()
			if n := count - p.counts[b]; n > 0 {
				*scratch = append(*scratch, bucket{index: b, count: n})
				delta.count += n
				p.counts[b] = count
			}
		}
	}
	if delta.count > 0 {
		delta.buckets = slices.Clone(*scratch)
	}
	nanoseconds, floatSum := sumOf(&d.nanoseconds), math.Float64frombits(d.floatSum.Load())
	delta.sum = time.Duration(nanoseconds-p.nanoseconds).Seconds() + (floatSum - p.floatSum)
	p.nanoseconds, p.floatSum = nanoseconds, floatSum
	return delta
}

type bucket struct {
	index int
	count uint64
}

// Distribution summarizes the values of an interval, in the unit of their metric.
// Count is exact, and so is Sum: of durations to the nanosecond, of speeds and
// rates to the rounding of a running sum in float64. Min, Max and Quantile are
// within 5 % of the true value for values from a nanosecond to 2^46. The zero
// value is an empty distribution. A Distribution is immutable and safe for
// concurrent use.
type Distribution struct {
	count   uint64
	sum     float64
	buckets []bucket // in rising order, none empty
	limit   float64  // the largest possible value; 0 for none
}

// upTo returns d with the largest possible value.
func (d Distribution) upTo(limit float64) Distribution {
	if d.count > 0 {
		d.limit = limit
	}
	return d
}

// Count returns the number of values.
func (d Distribution) Count() uint64 { return d.count }

// Sum returns the sum of the values.
func (d Distribution) Sum() float64 { return d.sum }

// Mean returns the mean of the values, 0 when there are none.
func (d Distribution) Mean() float64 {
	if d.count == 0 {
		return 0
	}
	return d.sum / float64(d.count)
}

// Min returns the smallest value, 0 when there is none.
func (d Distribution) Min() float64 { return d.Quantile(0) }

// Max returns the largest value, 0 when there is none.
func (d Distribution) Max() float64 { return d.Quantile(1) }

// Quantile returns the value that a share q of all values does not exceed: 0.5
// gives the median. A q below 0 counts as 0, above 1 as 1. It returns 0 when there
// are no values.
func (d Distribution) Quantile(q float64) float64 {
	if d.count == 1 && bucketOf(d.sum) == d.buckets[0].index { // not if the sum was read in the middle of a record
		return d.sum
	}
	rank := uint64(math.Ceil(min(max(q, 0), 1) * float64(d.count)))
	var below uint64
	for _, b := range d.buckets {
		if below += b.count; below >= max(rank, 1) {
			if v := middleOf(b.index); d.limit == 0 || v < d.limit {
				return v
			}
			return d.limit
		}
	}
	return 0
}
