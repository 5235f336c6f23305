// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"os"
	"strings"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
)

// Option configures [New]. A nil Option is ignored.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	views          []sdkmetric.View
	exemplarFilter exemplar.Filter // nil is exemplar.TraceBasedFilter
}

func newConfig(opts []Option) config {
	c := config{exemplarFilter: exemplarFilterOfEnvironment()}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	return c
}

// WithViews sets the views of the instruments, which should be those that the
// host gives to [sdkmetric.WithView]. They may rename an instrument, set its
// buckets, filter its attributes and drop it; several that match make several
// metrics. A histogram for which one of them asks for another aggregation than
// explicit buckets, such as exponential ones, is left to the host's provider. An
// observable instrument keeps the default aggregation of its kind unless a view
// drops it; another one is reported to [go.opentelemetry.io/otel.Handle].
//
// The views of several options add up; nil views are ignored. Without any,
// instruments are as the module advises.
func WithViews(views ...sdkmetric.View) Option {
	return optionFunc(func(c *config) {
		for _, v := range views {
			if v != nil {
				c.views = append(c.views, v)
			}
		}
	})
}

// WithExemplarFilter sets the filter that chooses the measurements that may
// become exemplars. It is called at each measurement, from several goroutines at
// once. Without it, or with nil, the filter is that of the environment variable
// OTEL_METRICS_EXEMPLAR_FILTER, as for the SDK: measurements made within a sampled
// span when it is unset. The last option wins.
func WithExemplarFilter(filter exemplar.Filter) Option {
	return optionFunc(func(c *config) {
		if filter != nil {
			c.exemplarFilter = filter
		}
	})
}

func exemplarFilterOfEnvironment() exemplar.Filter {
	switch strings.ToLower(strings.TrimSpace(os.Getenv("OTEL_METRICS_EXEMPLAR_FILTER"))) {
	case "always_on":
		return exemplar.AlwaysOnFilter
	case "always_off":
		return exemplar.AlwaysOffFilter
	default:
		return nil
	}
}
