// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// exponential is the SDK's default resolution: 160 buckets, each at most twice as
// wide as the one below.
var exponential = sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}

// New returns views for [sdkmetric.WithView]. Options that contradict each other,
// name an unknown metric or give impossible buckets are errors, all of which the
// returned error joins.
func New(opts ...Option) ([]sdkmetric.View, error) {
	c := newConfig(opts)
	c.checkAttributes()
	catalog := instruments.All()
	filters := newFilters(c, catalog)
	streams := map[string]sdkmetric.Stream{} // a metric without one is left to the SDK
	for _, m := range catalog {
		if s := c.decide(m, filters.of(m)); s.Aggregation != nil || s.AttributeFilter != nil {
			streams[m.Name] = s
		}
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, fmt.Errorf("views: %w", err)
	}
	return []sdkmetric.View{func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		if i.Scope.Name != instruments.ScopeName {
			return sdkmetric.Stream{}, false
		}
		s, ok := streams[i.Name]
		s.Name, s.Description, s.Unit = i.Name, i.Description, i.Unit
		return s, ok
	}}, nil
}

// decide returns the stream of one metric and reports options that contradict
// each other about it.
func (c *config) decide(m instruments.Metric, filter attribute.Filter) sdkmetric.Stream {
	keep, isKept := c.keep[m.Name]
	drop, isDropped := c.drop[m.Name]
	pattern, isExponential := c.exponential[m.Name]
	explicit, isExplicit := c.buckets[m.Name]
	if isKept && isDropped {
		c.fail("%s is in WithKeep(%q) and in WithDrop(%q), want one of the two", m.Name, keep, drop)
	}
	if isExplicit && isExponential {
		c.fail("%s has buckets by WithBuckets(%q) and by WithExponential(%q), want one of the two",
			m.Name, explicit.key, pattern)
	}
	if isDropped || c.keepOnly && !isKept {
		if isExplicit {
			c.fail("WithBuckets: %q is dropped, want metrics that are kept", explicit.key)
		}
		if isExponential && !isPattern(pattern) {
			c.fail("WithExponential: %q is dropped, want metrics that are kept", pattern)
		}
		return sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}
	}
	s := sdkmetric.Stream{AttributeFilter: filter}
	switch {
	case m.Kind != instruments.KindHistogram:
	case isExplicit:
		s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: explicit.bounds}
	case isExponential || c.exponentialRest:
		s.Aggregation = exponential
	default:
		s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: m.Bounds}
	}
	return s
}
