// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// typed is an error with a type of its own.
type typed struct{ error }

func (typed) ErrorType() string { return "token \xff" }

// TestHostileTextOverOTLP has a failure whose type is no valid UTF-8 and whose text
// is 3 MiB long. Every export of metrics and the whole batch of spans arrive.
func TestHostileTextOverOTLP(t *testing.T) {
	for protocol, receiver := range receivers {
		t.Run(protocol, func(t *testing.T) {
			reports := collectReports(t)
			r := receiver(t)
			variables{
				"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_METRICS_EXPORTER": "otlp", "OTEL_TRACES_EXPORTER": "otlp",
			}.set(t)
			p := start(t)
			m, err := otelcache.New(otelcache.Engine{ModelName: "\xff", WorkerID: strings.Repeat("x", 1<<20)},
				otelcache.WithMeterProvider(p.MeterProvider()), otelcache.WithTracerProvider(p.TracerProvider()))
			if err != nil {
				t.Fatal(err)
			}
			_, l := m.StartLookup(t.Context(), 10)
			l.SetRequestID("\xff")
			l.SetAttributes(attribute.StringSlice("\xfe", []string{"\xff", strings.Repeat("x", 3<<20)}))
			time.Sleep(time.Millisecond)
			l.Fail(fmt.Errorf("get: %w", typed{errors.New("\xff" + strings.Repeat("x", 3<<20))}))
			run(t, p) // which ends two spans and counts three tokens
			if err := m.Close(); err != nil {
				t.Error(err)
			}
			if r.got.spans != 3 || r.got.tokens != 3 {
				t.Errorf("%d spans and %d tokens arrived, want 3 of each", r.got.spans, r.got.tokens)
			}
			for line := range strings.Lines(reports.String()) { // none with the second protocol, so soon
				if !strings.Contains(line, "a name is made valid UTF-8 or cut") {
					t.Errorf("got the report %q", line)
				}
			}
		})
	}
}
