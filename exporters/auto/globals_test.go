// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// What a host may have set.
type (
	hostMeters     struct{ metricnoop.MeterProvider }
	hostTracers    struct{ tracenoop.TracerProvider }
	hostPropagator struct{ propagation.TraceContext }
)

// What a host has set globally stays, whatever the pipeline is made from.
func TestNothingGlobalIsChanged(t *testing.T) {
	handled := collectReports(t)
	meters, tracers, propagator := new(hostMeters), new(hostTracers), new(hostPropagator)
	otel.SetMeterProvider(meters)
	otel.SetTracerProvider(tracers)
	otel.SetTextMapPropagator(propagator)
	t.Cleanup(func() {
		otel.SetMeterProvider(metricnoop.NewMeterProvider())
		otel.SetTracerProvider(tracenoop.NewTracerProvider())
		otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
	})
	wantUnchanged := func(t *testing.T, when string) {
		t.Helper()
		if otel.GetMeterProvider() != metric.MeterProvider(meters) || otel.GetTracerProvider() != trace.TracerProvider(tracers) ||
			otel.GetTextMapPropagator() != propagation.TextMapPropagator(propagator) {
			t.Errorf("%s: something global was changed", when)
		}
		if otel.Handle(errors.New(when)); !strings.Contains(handled.String(), when) {
			t.Errorf("%s: the error handler was changed", when)
		}
	}
	for name, yaml := range map[string]string{"environment": "", "file": gettingStarted} {
		t.Run(name, func(t *testing.T) {
			r := httpReceiver(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.url)
			if yaml != "" {
				configure(t, yaml)
			}
			p := start(t)
			wantUnchanged(t, "after New")
			run(t, p)
			wantUnchanged(t, "after Shutdown")
		})
	}
}
