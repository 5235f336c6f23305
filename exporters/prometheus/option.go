// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"fmt"
	"slices"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Option configures [New].
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	vocabulary Vocabulary
	views      []sdkmetric.View
}

func newConfig(opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if int(c.vocabulary) >= len(vocabularyNames) {
		return c, fmt.Errorf("%w %v; allowed: OTel, LMCache, Both", ErrUnknownVocabulary, c.vocabulary)
	}
	return c, nil
}

// WithVocabulary chooses the names on the page. Without it they are [OTel]'s; the last one given counts.
func WithVocabulary(v Vocabulary) Option {
	return optionFunc(func(c config) config {
		c.vocabulary = v
		return c
	})
}

// WithViews tells the exporter the views of the meter provider that it is a reader of, which a reader has no way to ask for. They are
// needed for one thing: to show, under LMCache's names, a histogram that has no measurement yet with the buckets that it
// is going to have, and a metric that was dropped not at all. Without it those are LMCache's default buckets and zeros. Views given
// in several options add up; nil views are ignored.
func WithViews(views ...sdkmetric.View) Option {
	return optionFunc(func(c config) config {
		c.views = slices.Concat(c.views, views)
		return c
	})
}
