// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/console"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
	"github.com/lmcache-go/lmcache-otel/exporters/otlp"
)

// Names of exporters that have a meaning here; autoexport knows more.
const (
	otlpName       = "otlp"
	consoleName    = "console"
	prometheusName = "prometheus"
	noneName       = "none"
)

// exporters are those of one signal that the environment asks for.
type exporters struct {
	signal   otelenv.Signal
	variable string
	names    []string // none: the signal is off
}

func chooseExporters(s otelenv.Signal) exporters {
	e := exporters{signal: s, variable: "OTEL_" + string(s) + "_EXPORTER"}
	e.names = otelenv.List(e.variable)
	if e.names == nil && s.HasEndpoint() {
		e.names = []string{otlpName}
	}
	if slices.Equal(e.names, []string{noneName}) {
		e.names = nil
	}
	return e
}

// check checks every variable that the exporters are going to read. Those that nobody reads may be anything.
func (e exporters) check() error {
	if len(e.names) == 0 {
		return nil
	}
	var errs []error
	if len(e.names) > 1 {
		errs = append(errs, e.checkList())
	}
	if slices.Contains(e.names, otlpName) {
		errs = append(errs, e.signal.CheckOTLP(""))
	}
	if e.signal == otelenv.Metrics {
		errs = append(errs, otelenv.CheckMetrics(slices.Contains(e.names, prometheusName)))
	} else {
		errs = append(errs, otelenv.CheckTraces())
	}
	return errors.Join(errs...)
}

// checkList checks a list of several. autoexport, which makes a single exporter of any name, knows no lists.
func (e exporters) checkList() error {
	for i, name := range e.names {
		if name == prometheusName {
			return fmt.Errorf("%s names %q in a list; allowed: a list of %s and %s, or one name; for Prometheus beside others see auto.WithReader",
				e.variable, name, otlpName, consoleName)
		}
		if name != otlpName && name != consoleName {
			return fmt.Errorf("%s names %q in a list; allowed: a list of %s and %s, or one name", e.variable, name, otlpName, consoleName)
		}
		if slices.Contains(e.names[:i], name) {
			return fmt.Errorf("%s names %q twice; allowed: each exporter once", e.variable, name)
		}
	}
	return nil
}

// usesAutoexport reports whether autoexport makes the exporter. It knows no lists, and leaves OTLP without an endpoint to the SDK, which would
// speak TLS to this machine.
func (e exporters) usesAutoexport() bool {
	return len(e.names) == 1 && (e.names[0] != otlpName || e.signal.DefaultEndpoint(e.signal.Protocol()) == "")
}

func (e exporters) readers(ctx context.Context) ([]sdkmetric.Reader, error) {
	if e.usesAutoexport() {
		r, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, e.wrap(err, otlpName, consoleName, prometheusName, noneName)
		}
		return []sdkmetric.Reader{r}, nil
	}
	var readers []sdkmetric.Reader
	for _, name := range e.names {
		var r sdkmetric.Reader
		var err error
		switch name {
		case otlpName:
			r, err = otlp.NewReader(ctx)
		case consoleName:
			r, err = console.NewReader()
		}
		if err != nil {
			return nil, errors.Join(e.wrap(err, otlpName, consoleName), shutDown(ctx, readers))
		}
		readers = append(readers, r)
	}
	return readers, nil
}

func (e exporters) spanExporters(ctx context.Context) ([]sdktrace.SpanExporter, error) {
	if e.usesAutoexport() {
		s, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, e.wrap(err, otlpName, consoleName, noneName)
		}
		return []sdktrace.SpanExporter{s}, nil
	}
	var all []sdktrace.SpanExporter
	for _, name := range e.names {
		var s sdktrace.SpanExporter
		var err error
		switch name {
		case otlpName:
			s, err = otlp.NewSpanExporter(ctx)
		case consoleName:
			s, err = console.NewSpanExporter()
		}
		if err != nil {
			return nil, errors.Join(e.wrap(err, otlpName, consoleName), shutDown(ctx, all))
		}
		all = append(all, s)
	}
	return all, nil
}

// isHosts reports whether the exporter is none of autoexport's own: one that the host registered with it, or a mistake.
func (e exporters) isHosts() bool {
	if len(e.names) != 1 {
		return false
	}
	name := e.names[0]
	return name != otlpName && name != consoleName && name != noneName && (name != prometheusName || e.signal != otelenv.Metrics)
}

// wrap says which variable an exporter came from. The names are those that are always there; a host may have registered others.
func (e exporters) wrap(err error, names ...string) error {
	value := strings.Join(e.names, ",")
	if e.isHosts() {
		return fmt.Errorf("%s is %q: %w; allowed: %s, names registered with autoexport", e.variable, value, err, strings.Join(names, ", "))
	}
	if value == prometheusName {
		return fmt.Errorf("starting the prometheus exporter: %w; OTEL_EXPORTER_PROMETHEUS_PORT chooses another port", err)
	}
	return fmt.Errorf("starting the %s exporter of %s: %w", value, e.variable, err)
}
