// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"crypto/tls"
	"fmt"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc/credentials"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

// NewReader returns a metric reader that sends to an OTLP receiver at intervals, and when it is flushed or shut down. It starts a
// goroutine that Shutdown, the meter provider's or its own, ends. An error is about a setting, and says which.
func NewReader(ctx context.Context, opts ...Option) (sdkmetric.Reader, error) {
	c, err := newConfig(otelenv.Metrics, opts)
	if err != nil {
		return nil, err
	}
	if err := otelenv.CheckMetrics(false); err != nil {
		return nil, fmt.Errorf("otlp exporter: %w", err)
	}
	e, err := newMetricExporter(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("otlp exporter: metrics: %w", err)
	}
	var periodic []sdkmetric.PeriodicReaderOption
	if c.interval > 0 {
		periodic = append(periodic, sdkmetric.WithInterval(c.interval))
	}
	return sdkmetric.NewPeriodicReader(e, periodic...), nil
}

func newMetricExporter(ctx context.Context, c config) (sdkmetric.Exporter, error) {
	const path = "/v1/metrics"
	if c.protocol == GRPC {
		opts := options(c, path, setters[otlpmetricgrpc.Option]{
			endpoint: otlpmetricgrpc.WithEndpointURL,
			headers:  otlpmetricgrpc.WithHeaders,
			tls: func(t *tls.Config) otlpmetricgrpc.Option {
				return otlpmetricgrpc.WithTLSCredentials(credentials.NewTLS(t))
			},
			gzip:    func() otlpmetricgrpc.Option { return otlpmetricgrpc.WithCompressor("gzip") },
			timeout: otlpmetricgrpc.WithTimeout,
			retry:   func(r Retry) otlpmetricgrpc.Option { return otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig(r)) },
		})
		if c.temporality != nil {
			opts = append(opts, otlpmetricgrpc.WithTemporalitySelector(c.temporality))
		}
		return otlpmetricgrpc.New(ctx, opts...)
	}
	opts := options(c, path, setters[otlpmetrichttp.Option]{
		endpoint: otlpmetrichttp.WithEndpointURL,
		headers:  otlpmetrichttp.WithHeaders,
		tls:      otlpmetrichttp.WithTLSClientConfig,
		gzip:     func() otlpmetrichttp.Option { return otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression) },
		timeout:  otlpmetrichttp.WithTimeout,
		retry:    func(r Retry) otlpmetrichttp.Option { return otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig(r)) },
	})
	if c.temporality != nil {
		opts = append(opts, otlpmetrichttp.WithTemporalitySelector(c.temporality))
	}
	return otlpmetrichttp.New(ctx, opts...)
}
