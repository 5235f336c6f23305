// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Option configures [New] and [ForDelta]. Options of the same kind add up; their
// order does not matter. A nil Option is ignored.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config holds the names and patterns of the options by the OpenTelemetry names
// of the metrics that they choose.
type config struct {
	keep, drop, exponential map[string]string
	keepOnly                bool // WithKeep was given
	exponentialRest         bool
	buckets                 map[string]buckets
	keepKeys, dropKeys      []attribute.Key
	errs                    []error
}

func newConfig(opts []Option) *config {
	c := &config{
		keep: map[string]string{}, drop: map[string]string{}, exponential: map[string]string{},
		buckets: map[string]buckets{},
	}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// WithKeep keeps the metrics named and drops all others.
func WithKeep(names ...string) Option {
	return optionFunc(func(c *config) {
		c.choose(c.keep, "WithKeep", names, instruments.All())
		c.keepOnly = c.keepOnly || len(names) > 0
	})
}

// WithDrop drops the metrics named.
func WithDrop(names ...string) Option {
	return optionFunc(func(c *config) { c.choose(c.drop, "WithDrop", names, instruments.All()) })
}

// WithExponential gives the histograms named base-2 exponential buckets, which
// adapt to the measurements and need no bounds: native histograms in Prometheus,
// exponential histograms in OTLP. Without names it means every histogram that
// [WithBuckets] does not name.
//
// Prometheus gets them in its protobuf format only, which it asks for with
// "scrape_native_histograms: true" (docs/deploy/prometheus.yaml). In the text
// format only the count, the sum and the bucket of +Inf remain. LMCache's names
// keep classic buckets.
func WithExponential(names ...string) Option {
	return optionFunc(func(c *config) {
		c.choose(c.exponential, "WithExponential", names, histograms())
		c.exponentialRest = c.exponentialRest || len(names) == 0
	})
}

// WithBuckets gives histograms explicit buckets, by their upper bounds: finite and
// rising. They are in the unit that the metric has under the given name. Under an
// OpenTelemetry name that is the instrument's own; under LMCache's names, with or
// without the prefix, or as in LMCache's configuration
// ("histogram_bucket_time_to_retrieve"), it is LMCache's: milliseconds for remote
// times, minutes for the lifespan of chunks. Patterns are not accepted.
func WithBuckets(bounds map[string][]float64) Option {
	own := maps.Clone(bounds)
	for name := range own {
		own[name] = slices.Clone(own[name])
	}
	return optionFunc(func(c *config) {
		for _, key := range slices.Sorted(maps.Keys(own)) {
			c.setBuckets(key, own[key])
		}
	})
}

// WithKeepAttributes keeps the attributes named and removes all others.
// Measurements that then no longer differ are added up; of gauges one remains.
// LMCache's names on Prometheus need the attributes of the engine's identity, and
// error.type: without it, failed requests enter LMCache's time histograms.
func WithKeepAttributes(keys ...attribute.Key) Option {
	return optionFunc(func(c *config) { c.keepKeys = append(c.keepKeys, keys...) })
}

// WithDropAttributes removes the attributes named from the metrics that have them.
// See [WithKeepAttributes] for the consequences.
func WithDropAttributes(keys ...attribute.Key) Option {
	return optionFunc(func(c *config) { c.dropKeys = append(c.dropKeys, keys...) })
}

// checkAttributes reports options about attributes that cannot be meant.
func (c *config) checkAttributes() {
	if slices.Contains(c.keepKeys, "") || slices.Contains(c.dropKeys, "") {
		c.errs = append(c.errs, errors.New("an attribute to keep or drop has no name, "+
			"want attribute keys, such as those of package instruments"))
	}
	for _, k := range c.keepKeys {
		if slices.Contains(c.dropKeys, k) {
			c.fail("attribute %s is in WithKeepAttributes and in WithDropAttributes, want one of the two", k)
		}
	}
}
