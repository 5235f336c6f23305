// SPDX-License-Identifier: Apache-2.0

package views

import (
	"math"
	"strings"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// configPrefix starts the keys by which LMCache's configuration sets the buckets
// of a histogram.
const configPrefix = "histogram_bucket_"

// buckets are the explicit buckets of a histogram.
type buckets struct {
	key    string    // as the host wrote it
	bounds []float64 // in the unit of the metric
}

// setBuckets converts the bounds for the histogram that a key names.
func (c *config) setBuckets(key string, bounds []float64) {
	name := strings.TrimPrefix(key, configPrefix)
	m, ok := instruments.Lookup(name)
	if !ok || m.Kind != instruments.KindHistogram {
		c.failUnknown("WithBuckets", name, histograms())
		return
	}
	if other, twice := c.buckets[m.Name]; twice {
		c.fail("WithBuckets: %q and %q are the same metric, %s, want buckets for it once", other.key, key, m.Name)
		return
	}
	exposition, _ := m.Exposition(name)
	b := buckets{key: key}
	for i, bound := range bounds {
		bound = exposition.Scale.Undo(bound)
		if math.IsNaN(bound) || math.IsInf(bound, 0) || i > 0 && bound <= b.bounds[i-1] {
			c.fail("WithBuckets: bounds of %q are %v, want finite numbers of %s, each greater than the one before",
				key, bounds, exposition.Unit)
			return
		}
		b.bounds = append(b.bounds, bound)
	}
	if len(bounds) == 0 {
		c.fail("WithBuckets: %q has no bounds, want one or more", key)
		return
	}
	c.buckets[m.Name] = b
}
