// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"reflect"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Option configures [New]. A nil Option is ignored.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	vocabularies []Vocabulary
	views        []sdkmetric.View
	bound        sdkmetric.Producer
}

func newConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if len(c.vocabularies) == 0 {
		c.vocabularies = []Vocabulary{OTel}
	}
	return c
}

// WithVocabulary sets the vocabularies of the page. One collection feeds all of
// them, so that they agree. The default is [OTel] alone; the last WithVocabulary
// wins.
func WithVocabulary(v ...Vocabulary) Option {
	return optionFunc(func(c *config) { c.vocabularies = v })
}

// WithViews tells the exporter the views of its meter provider, which a reader
// cannot ask for. Only the LMCache page needs them, and only for metrics without
// data yet: a histogram then shows the buckets that its view sets, and a dropped
// metric is omitted. Without WithViews the page shows LMCache's default buckets
// and zeros. The views of several options add up; nil views are ignored.
func WithViews(views ...sdkmetric.View) Option {
	return optionFunc(func(c *config) { c.views = append(c.views, views...) })
}

// WithBound adds the metrics of a producer of package exporters/bound to each
// collection. Without it, the page has what the meter provider has. The exporter
// asks the producer also when a callback of the host fails, where the SDK would
// not. Each Produce has to return memory of its own, which the exporter changes. A
// nil producer is ignored, also in a variable of another type; the last WithBound
// wins.
func WithBound(p sdkmetric.Producer) Option {
	return optionFunc(func(c *config) {
		if v := reflect.ValueOf(p); v.IsValid() && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			c.bound = p
		}
	})
}
