// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

// signal makes exporters of metrics or traces. T is a reader or span exporter.
type signal[T any] struct {
	name   string // in the names of the variables
	auto   func(context.Context) (T, error)
	isNone func(T) bool
	// For lists, which autoexport does not know.
	console, grpc, http func(context.Context) (T, error)
}

// metricsWith returns the signal of metrics, whose listed exporters have the
// readers that newReader makes.
func metricsWith(newReader func(sdkmetric.Exporter) sdkmetric.Reader) signal[sdkmetric.Reader] {
	reader := func(e sdkmetric.Exporter, err error) (sdkmetric.Reader, error) {
		if err != nil {
			return nil, err
		}
		return newReader(e), nil
	}
	return signal[sdkmetric.Reader]{
		name:    "METRICS",
		auto:    func(ctx context.Context) (sdkmetric.Reader, error) { return autoexport.NewMetricReader(ctx) },
		isNone:  autoexport.IsNoneMetricReader,
		console: func(context.Context) (sdkmetric.Reader, error) { return reader(stdoutmetric.New()) },
		grpc:    func(ctx context.Context) (sdkmetric.Reader, error) { return reader(otlpmetricgrpc.New(ctx)) },
		http:    func(ctx context.Context) (sdkmetric.Reader, error) { return reader(otlpmetrichttp.New(ctx)) },
	}
}

func periodic(e sdkmetric.Exporter) sdkmetric.Reader { return sdkmetric.NewPeriodicReader(e) }

var traces = signal[sdktrace.SpanExporter]{
	name:    "TRACES",
	auto:    func(ctx context.Context) (sdktrace.SpanExporter, error) { return autoexport.NewSpanExporter(ctx) },
	isNone:  autoexport.IsNoneSpanExporter,
	console: func(context.Context) (sdktrace.SpanExporter, error) { return stdouttrace.New() },
	grpc:    func(ctx context.Context) (sdktrace.SpanExporter, error) { return otlptracegrpc.New(ctx) },
	http:    func(ctx context.Context) (sdktrace.SpanExporter, error) { return otlptracehttp.New(ctx) },
}

// exporters makes the exporters of OTEL_…_EXPORTER. Without that variable, only
// an OTLP endpoint asks for one.
func (s signal[T]) exporters(ctx context.Context) ([]T, error) {
	choice := os.Getenv("OTEL_" + s.name + "_EXPORTER")
	if strings.Contains(choice, ",") {
		return s.list(ctx, choice)
	}
	if choice == "" && s.otlp("ENDPOINT") == "" {
		return nil, nil
	}
	e, err := s.auto(ctx)
	if err != nil {
		return nil, s.explain(cmp.Or(choice, "otlp"), err)
	}
	if s.isNone(e) {
		return nil, nil
	}
	return []T{e}, nil
}

func (s signal[T]) list(ctx context.Context, choice string) (all []T, _ error) {
	names := split(choice)
	slices.Sort(names)
	var errs []error
	for _, name := range slices.Compact(names) {
		newExporter := func(context.Context) (e T, err error) {
			return e, errors.New("want a list of otlp and console only; " +
				"for prometheus beside others see auto.WithReader")
		}
		switch name {
		case "console":
			newExporter = s.console
		case "otlp":
			newExporter = s.listedOTLP
		}
		if e, err := newExporter(ctx); err != nil {
			errs = append(errs, s.explain(name, err))
		} else {
			all = append(all, e)
		}
	}
	return all, errors.Join(errs...)
}

// split returns the names in a list.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func (s signal[T]) listedOTLP(ctx context.Context) (e T, err error) {
	switch s.otlp("PROTOCOL") {
	case "grpc":
		return s.grpc(ctx)
	case "", "http/protobuf":
		return s.http(ctx)
	}
	return e, errors.New("unknown OTLP protocol, want grpc or http/protobuf")
}

// otlp returns a setting of OTLP, the signal's own before that of all signals.
func (s signal[T]) otlp(setting string) string {
	return cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_"+s.name+"_"+setting), os.Getenv("OTEL_EXPORTER_OTLP_"+setting))
}

// explain names the variables that are set for an exporter. Which of them it
// could not use is known to the library that reads them.
func (s signal[T]) explain(exporter string, err error) error {
	var names []string
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && (name == "OTEL_"+s.name+"_EXPORTER" || name == "OTEL_"+s.name+"_PRODUCERS" ||
			strings.HasPrefix(name, "OTEL_EXPORTER_"+strings.ToUpper(exporter)+"_")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return fmt.Errorf("%s: %w", strings.Join(names, ", "), redact.Settings(err))
}
