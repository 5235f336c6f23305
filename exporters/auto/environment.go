// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

func (p *Pipeline) fromEnvironment(ctx context.Context, c config) error {
	propagatorErr := p.setPropagator()
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		p.readNothing(c)
		return propagatorErr
	}
	readers, producer, metricsErr := c.environmentReaders(ctx)
	spanExporters, tracesErr := traces.exporters(ctx)
	res, resourceErr := newResource(ctx, c.serviceName)
	p.meterProvider = p.newMeterProvider(res, append(readers, c.readers...), c.views, producer)
	if len(spanExporters) > 0 {
		opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(res)}
		for _, e := range spanExporters {
			processor := sdktrace.NewBatchSpanProcessor(retrying{e, p.ending})
			opts = append(opts, sdktrace.WithSpanProcessor(processor))
			p.parts = append(p.parts, part{"traces", processor})
		}
		p.tracerProvider = sdktrace.NewTracerProvider(opts...)
	}
	return errors.Join(propagatorErr, metricsErr, tracesErr, resourceErr)
}

func (p *Pipeline) setPropagator() error {
	const variable = "OTEL_PROPAGATORS"
	names := split(os.Getenv(variable))
	if len(names) == 0 {
		return nil
	}
	propagator, err := autoprop.TextMapPropagator(names...)
	if err != nil {
		return fmt.Errorf("%s: %w; want tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace, none "+
			"or registered names", variable, redact.Settings(err))
	}
	p.propagator = propagator
	return nil
}

// newResource describes the service: by the environment, by the host's name
// for it, and by an id of this process, in this order of precedence.
func newResource(ctx context.Context, serviceName string) (*resource.Resource, error) {
	var fromHost []attribute.KeyValue
	if serviceName != "" {
		fromHost = append(fromHost, attribute.String("service.name", serviceName))
	}
	res, err := resource.New(ctx, resource.WithService(), resource.WithTelemetrySDK(),
		resource.WithAttributes(fromHost...), resource.WithFromEnv())
	if errors.Is(err, resource.ErrPartialResource) {
		err = nil // the providers read the variables too, and report it to otel.Handle
	}
	if err != nil {
		return res, fmt.Errorf("resource: %w", redact.Settings(err))
	}
	return res, nil
}
