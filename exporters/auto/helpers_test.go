// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

func TestMain(m *testing.M) {
	for _, entry := range os.Environ() { // the tests say what is set
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}

type variables map[string]string

func (v variables) set(t *testing.T) {
	t.Helper()
	for name, value := range v {
		t.Setenv(name, value)
	}
}

// configure writes a configuration file and names it in the environment.
func configure(t *testing.T, yaml string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "otel.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_CONFIG_FILE", file)
}

func start(t *testing.T, opts ...auto.Option) *auto.Pipeline {
	t.Helper()
	p, err := auto.New(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// record counts three tokens and ends two spans.
func record(t *testing.T, p *auto.Pipeline) {
	t.Helper()
	tokens, err := p.MeterProvider().Meter("t").Int64Counter("tokens")
	if err != nil {
		t.Fatal(err)
	}
	tokens.Add(t.Context(), 3)
	for range 2 {
		_, span := p.TracerProvider().Tracer("t").Start(t.Context(), "s")
		span.End()
	}
}

// run records and shuts the pipeline down.
func run(t *testing.T, p *auto.Pipeline) {
	t.Helper()
	record(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := p.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// total returns the sum of a counter's series, without those that have the
// attribute, and the sum of these.
func total(t *testing.T, r sdkmetric.Reader, name, key string) (without, with int64) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if m.Name != name || !ok {
				continue
			}
			for _, p := range sum.DataPoints {
				if _, has := p.Attributes.Value(attribute.Key(key)); has {
					with += p.Value
				} else {
					without += p.Value
				}
			}
		}
	}
	return without, with
}

// collectLog collects the log of OpenTelemetry, with all its details, until the
// end of the test.
func collectLog(t *testing.T) *reports {
	t.Helper()
	l := new(reports)
	otel.SetLogger(funcr.New(func(_, record string) { l.add(record) }, funcr.Options{Verbosity: 10}))
	t.Cleanup(func() { otel.SetLogger(logr.Discard()) })
	return l
}

// reports collects what is given to otel.Handle until the end of the test.
type reports struct {
	mu   sync.Mutex
	text strings.Builder
}

func collectReports(t *testing.T) *reports {
	t.Helper()
	r := new(reports)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { r.add(err.Error()) }))
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })
	return r
}

func (r *reports) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.WriteString(text + "\n")
}

func (r *reports) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
