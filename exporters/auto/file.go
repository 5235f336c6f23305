// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/contrib/otelconf"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

const (
	configFile           = "OTEL_CONFIG_FILE"
	deprecatedConfigFile = "OTEL_EXPERIMENTAL_CONFIG_FILE" // otelconf refuses it
)

// fromFile leaves reading the variable and the file to otelconf.
func (p *Pipeline) fromFile(ctx context.Context, c config) error {
	file := cmp.Or(os.Getenv(configFile), os.Getenv(deprecatedConfigFile))
	sdk, err := newSDK(ctx, c)
	if err == nil {
		p.meterProvider = sdk.MeterProvider()
		p.tracerProvider = sdk.TracerProvider()
		p.propagator = sdk.Propagator()
		p.addProvider("metrics", sdk.MeterProvider())
		p.addProvider("traces", sdk.TracerProvider())
		p.addProvider("logs", sdk.LoggerProvider())
		_, hasMetrics := sdk.MeterProvider().(shutdowner)
		switch {
		case hasMetrics && c.bound != nil:
			return refuse("readers of " + configFile + " take no producer, want those of OTEL_METRICS_EXPORTER")
		case hasMetrics || len(c.readers) == 0:
			return nil
		case isDisabled(file):
			p.readNothing(c)
			return nil
		}
	}
	// The file is bad or has no meter_provider; the host's readers still work.
	res, resourceErr := newResource(ctx, c.serviceName)
	p.meterProvider = p.newMeterProvider(res, c.readers, c.views, c.bound)
	if err != nil {
		return fmt.Errorf("%s: %w", configFile, redact.Settings(fmt.Errorf("%s: %w", file, err)))
	}
	return resourceErr
}

// newSDK makes the file's providers, with the host's readers and views. When
// otelconf fails to make traces, it drops the meter provider that it has made,
// readers included, and a reader cannot be registered twice. So otelconf gets
// the host's readers only after it has succeeded without them. (Periodic readers
// of the file itself then still run; otelconf gives no access to them.)
func newSDK(ctx context.Context, c config) (otelconf.SDK, error) {
	opts := []sdkmetric.Option{sdkmetric.WithView(c.views...)}
	sdk, err := otelconf.NewSDK(otelconf.WithContext(ctx), otelconf.WithMeterProviderOptions(opts...))
	if err != nil || len(c.readers) == 0 {
		return sdk, err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel() // with ctx, the trial's reader would send an empty export
	shutDown(ended, sdk.MeterProvider())
	shutDown(ctx, sdk.TracerProvider())
	shutDown(ctx, sdk.LoggerProvider())
	for _, r := range c.readers {
		opts = append(opts, sdkmetric.WithReader(r))
	}
	return otelconf.NewSDK(otelconf.WithContext(ctx), otelconf.WithMeterProviderOptions(opts...))
}

// addProvider makes a provider of otelconf a part. A signal that the file omits
// has a no-op provider, which cannot be shut down.
func (p *Pipeline) addProvider(signal string, provider any) {
	if s, ok := provider.(shutdowner); ok {
		p.parts = append(p.parts, part{signal, s})
	}
}

// shutDown ends a provider of otelconf that has recorded nothing.
func shutDown(ctx context.Context, provider any) {
	if s, ok := provider.(shutdowner); ok {
		_ = s.Shutdown(ctx)
	}
}

func isDisabled(file string) bool {
	content, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	model, err := otelconf.ParseYAML(content)
	return err == nil && model.Disabled != nil && *model.Disabled
}
