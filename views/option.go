// SPDX-License-Identifier: Apache-2.0

package views

import (
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// Option configures [New] and [ForDelta]. Options of the same kind add up; their order does not matter.
type Option interface {
	apply(*config)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	keep, drop         []string
	exponential        []string
	exponentialRest    bool
	buckets            []map[string][]float64
	keepKeys, dropKeys []attribute.Key
}

// WithKeep keeps the metrics named and drops all others.
func WithKeep(names ...string) Option {
	return optionFunc(func(c *config) { c.keep = append(c.keep, names...) })
}

// WithDrop drops the metrics named.
func WithDrop(names ...string) Option {
	return optionFunc(func(c *config) { c.drop = append(c.drop, names...) })
}

// WithExponential gives the histograms named base-2 exponential buckets, which adapt to what is measured and need no bounds: native histograms in
// Prometheus, exponential histograms in OTLP. Without names it means every histogram that [WithBuckets] does not name.
//
// Prometheus gets them in its protobuf format only, which it asks for with "scrape_native_histograms: true" (docs/deploy/prometheus.yaml); in the
// text format only the count, the sum and the bucket of +Inf remain. LMCache's names keep classic buckets.
func WithExponential(names ...string) Option {
	return optionFunc(func(c *config) {
		c.exponential = append(c.exponential, names...)
		c.exponentialRest = c.exponentialRest || len(names) == 0
	})
}

// WithBuckets gives histograms explicit buckets, by their upper bounds: finite and rising. Under an OpenTelemetry name they are in the
// instrument's own unit. Under LMCache's names, with or without the prefix, or as in LMCache's configuration
// ("histogram_bucket_time_to_retrieve"), they are in LMCache's unit: milliseconds for remote times, minutes for the lifespan of chunks.
// Patterns are not allowed.
func WithBuckets(bounds map[string][]float64) Option {
	own := maps.Clone(bounds)
	for name := range own {
		own[name] = slices.Clone(own[name])
	}
	return optionFunc(func(c *config) { c.buckets = append(c.buckets, own) })
}

// WithKeepAttributes keeps the attributes named and removes all others. Measurements that then no longer differ are added up; of gauges one remains.
// LMCache's names on Prometheus need the attributes of the engine's identity, and error.type: without it, failed requests enter LMCache's time
// histograms.
func WithKeepAttributes(keys ...attribute.Key) Option {
	return optionFunc(func(c *config) { c.keepKeys = append(c.keepKeys, keys...) })
}

// WithDropAttributes removes the attributes named. See [WithKeepAttributes] for what follows.
func WithDropAttributes(keys ...attribute.Key) Option {
	return optionFunc(func(c *config) { c.dropKeys = append(c.dropKeys, keys...) })
}
