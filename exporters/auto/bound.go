// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
)

// environmentReaders makes the readers of the environment. With [WithBound], they
// get its producer, which is returned if all of them can show what it has.
func (c config) environmentReaders(ctx context.Context) ([]sdkmetric.Reader, *bound.Producer, error) {
	if c.bound == nil {
		readers, err := metricsWith(periodic).exporters(ctx)
		return readers, nil, err
	}
	var refused error
	m := metricsWith(func(e sdkmetric.Exporter) sdkmetric.Reader {
		refused = errors.Join(refused, refusal(e))
		return sdkmetric.NewPeriodicReader(e, sdkmetric.WithProducer(c.bound))
	})
	autoexport := m.auto // its readers take only the producers that it knows
	m.auto = func(ctx context.Context) (sdkmetric.Reader, error) {
		choice, producers := cmp.Or(os.Getenv("OTEL_METRICS_EXPORTER"), "otlp"), os.Getenv("OTEL_METRICS_PRODUCERS")
		switch {
		case choice == "none":
		case producers != "" && producers != "none":
			refused = refuse("OTEL_METRICS_PRODUCERS is set, want none")
		case choice == "console":
			return m.console(ctx)
		case choice == "otlp":
			return m.listedOTLP(ctx)
		default:
			refused = refuse("OTEL_METRICS_EXPORTER takes no producer, want otlp, console or a list of them")
		}
		return autoexport(ctx)
	}
	readers, err := m.exporters(ctx)
	if refused != nil {
		return readers, nil, errors.Join(err, refused)
	}
	return readers, c.bound, err
}

// refusal says why an exporter cannot have bound instruments. It asks the
// exporter, which has read the environment.
func refusal(e sdkmetric.Exporter) error {
	const histogram = sdkmetric.InstrumentKindHistogram // which wants deltas with delta and with lowmemory
	if e.Temporality(histogram) != metricdata.CumulativeTemporality {
		return refuse("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE asks for deltas, want cumulative")
	}
	if _, ok := e.Aggregation(histogram).(sdkmetric.AggregationExplicitBucketHistogram); !ok {
		return refuse("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION asks for other buckets, " +
			"want explicit_bucket_histogram")
	}
	return nil
}

func refuse(reason string) error {
	return fmt.Errorf("WithBound: the SDK's instruments are used instead: %s", reason)
}
