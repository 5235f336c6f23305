// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// exponential is the SDK's default resolution: 160 buckets, each at most twice as wide as the one below.
var exponential = sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}

// New returns the views that the options ask for, to be given to a meter provider with [sdkmetric.WithView]. Options that contradict each other, name
// an unknown metric or give impossible buckets are errors, all of which the returned error joins.
func New(opts ...Option) ([]sdkmetric.View, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	streams, err := c.streams()
	if err != nil {
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

// choices are the options resolved to metrics: by OpenTelemetry name, the name or
// pattern that the host wrote.
type choices struct {
	keep, drop, adaptive map[string]string
	adaptiveRest         bool
	explicit             map[string]override
	filter               attribute.Filter
}

// streams returns the stream of each metric, by name. A metric without one is left
// to the SDK.
func (c *config) streams() (map[string]sdkmetric.Stream, error) {
	chosen := choices{adaptiveRest: c.exponentialRest}
	errs := make([]error, 5)
	chosen.keep, errs[0] = choose("WithKeep", c.keep, instruments.All())
	chosen.drop, errs[1] = choose("WithDrop", c.drop, instruments.All())
	chosen.adaptive, errs[2] = choose("WithExponential", c.exponential, histograms())
	chosen.explicit, errs[3] = c.bounds()
	chosen.filter, errs[4] = c.filter()
	streams := map[string]sdkmetric.Stream{}
	for _, m := range instruments.All() {
		s, err := chosen.decide(m)
		if errs = append(errs, err); s.Aggregation != nil || s.AttributeFilter != nil {
			streams[m.Name] = s
		}
	}
	return streams, errors.Join(errs...)
}

// decide returns the stream of a metric, or the zero Stream to leave it to the SDK.
func (c *choices) decide(m instruments.Metric) (sdkmetric.Stream, error) {
	dropName, isDropped := c.drop[m.Name]
	keepName, isKept := c.keep[m.Name]
	buckets, isExplicit := c.explicit[m.Name]
	pattern, isAdaptive := c.adaptive[m.Name]
	dropped := isDropped || len(c.keep) > 0 && !isKept
	var errs []error
	reject := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	reject(isKept && isDropped, "%s is both kept, by WithKeep(%q), and dropped, by WithDrop(%q); want one of the two",
		m.Name, keepName, dropName)
	reject(isExplicit && isAdaptive, "%s has explicit buckets, by WithBuckets(%q), and exponential ones, by WithExponential(%q); "+
		"want one of the two", m.Name, buckets.key, pattern)
	reject(dropped && isExplicit, "WithBuckets: %q is dropped; want metrics that are kept", buckets.key)
	reject(dropped && isAdaptive && !isPattern(pattern), "WithExponential: %q is dropped; want metrics that are kept", pattern)

	s := sdkmetric.Stream{AttributeFilter: c.filter}
	switch {
	case dropped:
		s = sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}
	case m.Kind != instruments.KindHistogram:
	case isExplicit:
		s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: buckets.bounds}
	case isAdaptive || c.adaptiveRest:
		s.Aggregation = exponential
	default:
		s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: m.Bounds}
	}
	return s, errors.Join(errs...)
}

// filter returns which attributes remain; nil for all.
func (c *config) filter() (attribute.Filter, error) {
	for _, k := range slices.Concat(c.keepKeys, c.dropKeys) {
		if k == "" {
			return nil, errors.New("an attribute to keep or drop has no name; want attribute keys, such as those of package instruments")
		}
	}
	for _, k := range c.keepKeys {
		if slices.Contains(c.dropKeys, k) {
			return nil, fmt.Errorf("attribute %s is both kept, by WithKeepAttributes, and dropped, by WithDropAttributes; want one of the two", k)
		}
	}
	switch {
	case len(c.keepKeys) > 0:
		return attribute.NewAllowKeysFilter(c.keepKeys...), nil
	case len(c.dropKeys) > 0:
		return attribute.NewDenyKeysFilter(c.dropKeys...), nil
	default:
		return nil, nil
	}
}
