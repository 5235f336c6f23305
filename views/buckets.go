// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// configPrefix starts the keys by which LMCache's configuration sets the buckets of a histogram.
const configPrefix = "histogram_bucket_"

type override struct {
	key    string    // as the host wrote it
	bounds []float64 // in the instrument's unit
}

// bounds returns the overrides of buckets, by OpenTelemetry name.
func (c *config) bounds() (map[string]override, error) {
	overrides := map[string]override{}
	var errs []error
	for _, option := range c.buckets {
		for _, key := range slices.Sorted(maps.Keys(option)) {
			m, bounds, err := resolve(key, option[key])
			if err != nil {
				errs = append(errs, fmt.Errorf("WithBuckets: %w", err))
				continue
			}
			if other, twice := overrides[m.Name]; twice {
				errs = append(errs, fmt.Errorf("WithBuckets: %q and %q are the same metric, %s; want buckets for it once", other.key, key, m.Name))
				continue
			}
			overrides[m.Name] = override{key, bounds}
		}
	}
	return overrides, errors.Join(errs...)
}

// resolve finds the histogram that a key names and converts the bounds to its unit.
func resolve(key string, bounds []float64) (instruments.Metric, []float64, error) {
	name := strings.TrimPrefix(key, configPrefix)
	m, ok := instruments.Lookup(name)
	if !ok || m.Kind != instruments.KindHistogram {
		return m, nil, unknown(name, histograms())
	}
	exposition, _ := m.Exposition(name)
	scaled := make([]float64, len(bounds))
	for i, b := range bounds {
		scaled[i] = exposition.Scale.Undo(b)
	}
	for i, b := range scaled {
		if math.IsNaN(b) || math.IsInf(b, 0) || i > 0 && b <= scaled[i-1] {
			return m, nil, fmt.Errorf("bounds of %q are %v; want finite numbers of %s, each greater than the one before", key, bounds, exposition.Unit)
		}
	}
	if len(scaled) == 0 {
		return m, nil, fmt.Errorf("%q has no bounds; want one or more", key)
	}
	return m, scaled, nil
}
