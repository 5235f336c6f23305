// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"math"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestInvalidOptions(t *testing.T) {
	var failed *sdktrace.TracerProvider
	for _, c := range []struct {
		name  string
		opt   otelcache.Option
		words []string
	}{
		{"nil meter provider", otelcache.WithMeterProvider(nil), []string{"WithMeterProvider", "want a provider"}},
		{"nil tracer provider", otelcache.WithTracerProvider(nil), []string{"WithTracerProvider", "want a provider"}},
		{"nil pointer", otelcache.WithTracerProvider(failed), []string{"WithTracerProvider", "want a provider"}},
		{"nil logger", otelcache.WithLogger(nil), []string{"WithLogger", "want a logger"}},
		{"slow 0", otelcache.WithSlowRetrieve(0), []string{"WithSlowRetrieve(0s)", "positive"}},
		{"slow NaN", otelcache.WithSlowRetrieveSpeed(math.NaN()), []string{"WithSlowRetrieveSpeed(NaN)", "positive"}},
		{"slow infinite", otelcache.WithSlowRetrieveSpeed(math.Inf(1)), []string{"WithSlowRetrieveSpeed(+Inf)", "finite"}},
		{"interval", otelcache.WithHitRateInterval(-time.Second), []string{"WithHitRateInterval(-1s)", "positive"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := otelcache.New(testEngine, c.opt, otelcache.WithHitRateInterval(-5))
			wantError(t, err, otelcache.ErrInvalidOption, append(c.words, "-5ns")...) // all mistakes at once
		})
	}
	if m, err := otelcache.GetOrCreate(otelcache.Engine{Role: "optional"}, nil); err != nil {
		t.Errorf("a nil option is refused: %v", err)
	} else {
		closeMonitor(t, m)
	}
	_, err := otelcache.GetOrCreate(otelcache.Engine{Role: "\xff"})
	wantError(t, err, otelcache.ErrInvalidOption, "lmcache.role", "UTF-8")
}
