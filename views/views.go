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

// streams returns what becomes of each metric, by name. A metric that is not in it is left to the SDK.
func (c *config) streams() (map[string]sdkmetric.Stream, error) {
	keep, keepErr := choose("WithKeep", c.keep, instruments.All())
	drop, dropErr := choose("WithDrop", c.drop, instruments.All())
	adaptive, adaptiveErr := choose("WithExponential", c.exponential, histograms())
	explicit, explicitErr := c.bounds()
	filter, filterErr := c.filter()
	errs := []error{keepErr, dropErr, adaptiveErr, explicitErr, filterErr}

	streams := map[string]sdkmetric.Stream{}
	for _, m := range instruments.All() {
		_, dropped := drop[m.Name]
		if named, kept := keep[m.Name]; kept && dropped {
			errs = append(errs, fmt.Errorf("%s is both kept, by WithKeep(%q), and dropped, by WithDrop(%q); allowed: one of the two",
				m.Name, named, drop[m.Name]))
		} else if len(c.keep) > 0 && !kept {
			dropped = true
		}
		buckets, hasBuckets := explicit[m.Name]
		pattern, isAdaptive := adaptive[m.Name]
		if hasBuckets && isAdaptive {
			errs = append(errs, fmt.Errorf("%s has explicit buckets, by WithBuckets(%q), and exponential ones, by WithExponential(%q); "+
				"allowed: one of the two", m.Name, buckets.key, pattern))
		}
		if dropped {
			if hasBuckets {
				errs = append(errs, fmt.Errorf("WithBuckets: %q is dropped; allowed: metrics that are kept", buckets.key))
			}
			if isAdaptive && !isPattern(pattern) {
				errs = append(errs, fmt.Errorf("WithExponential: %q is dropped; allowed: metrics that are kept", pattern))
			}
			streams[m.Name] = sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}
			continue
		}
		s := sdkmetric.Stream{AttributeFilter: filter}
		switch {
		case m.Kind != instruments.KindHistogram:
		case hasBuckets:
			s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: buckets.bounds}
		case isAdaptive || c.exponentialRest:
			s.Aggregation = exponential
		default:
			s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: m.Bounds}
		}
		if s.Aggregation != nil || filter != nil {
			streams[m.Name] = s
		}
	}
	return streams, errors.Join(errs...)
}

// filter returns which attributes remain; nil for all.
func (c *config) filter() (attribute.Filter, error) {
	for _, k := range slices.Concat(c.keepKeys, c.dropKeys) {
		if k == "" {
			return nil, errors.New("an attribute to keep or drop has no name; allowed: attribute keys, such as those of package instruments")
		}
	}
	for _, k := range c.keepKeys {
		if slices.Contains(c.dropKeys, k) {
			return nil, fmt.Errorf("attribute %s is both kept, by WithKeepAttributes, and dropped, by WithDropAttributes; allowed: one of the two", k)
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
