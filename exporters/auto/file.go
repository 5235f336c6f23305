// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/otelconf"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const configFile = "OTEL_CONFIG_FILE"

func (p *Pipeline) fromFile(ctx context.Context, file string, c config) error {
	model, err := parseFile(file)
	if err != nil {
		return fmt.Errorf("%s is %q: %w; want a readable YAML file of OpenTelemetry's declarative configuration", configFile, file, err)
	}
	if model.Disabled != nil && *model.Disabled {
		p.readNothing(c)
		return nil
	}
	if model.MeterProvider == nil && len(c.readers)+len(c.views) > 0 {
		return fmt.Errorf("%s is %q: it has no meter_provider, which WithReader and WithViews add to; allowed: a file with one, "+
			"if need be \"meter_provider: {readers: []}\"", configFile, file)
	}
	opts := []sdkmetric.Option{sdkmetric.WithView(c.views...)}
	for _, r := range c.readers {
		opts = append(opts, sdkmetric.WithReader(r))
	}
	// otelconf reads the file again, by the same variable.
	sdk, err := otelconf.NewSDK(otelconf.WithContext(ctx), otelconf.WithMeterProviderOptions(opts...))
	if err != nil {
		if strings.Contains(err.Error(), "no valid metric") || strings.Contains(err.Error(), "no valid span exporter") {
			return fmt.Errorf("%s is %q: %w; allowed: otlp_http, otlp_grpc, console (for Prometheus see auto.WithReader)", configFile, file, err)
		}
		return fmt.Errorf("%s is %q: %w", configFile, file, err)
	}
	p.meterProvider, p.tracerProvider, p.propagator = sdk.MeterProvider(), sdk.TracerProvider(), sdk.Propagator()
	_, p.unknownDrops = p.tracerProvider.(*sdktrace.TracerProvider)
	for _, provider := range []struct {
		name string
		is   any
	}{{"metrics", sdk.MeterProvider()}, {"traces", sdk.TracerProvider()}, {"logs", sdk.LoggerProvider()}} {
		// The SDK's providers have these methods, the no-op ones, of what the file does not mention, have not.
		if sdkProvider, ok := provider.is.(interface {
			ForceFlush(context.Context) error
			Shutdown(context.Context) error
		}); ok {
			p.parts = append(p.parts, part{name: provider.name, flush: sdkProvider.ForceFlush, shutdown: sdkProvider.Shutdown})
		}
	}
	return nil
}

func parseFile(file string) (*otelconf.OpenTelemetryConfiguration, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	model, err := otelconf.ParseYAML(content)
	if err != nil {
		return nil, err
	}
	return model, checkFile(content, model)
}
