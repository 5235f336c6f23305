// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var testEngine = otelcache.Engine{ModelName: "llama-3-70b", WorkerID: "0", Role: "worker", ServedModelName: "llama"}

var testIdentity = attribute.NewSet(
	attribute.String("gen_ai.request.model", "llama-3-70b"),
	attribute.String("lmcache.worker.id", "0"),
	attribute.String("lmcache.role", "worker"),
	attribute.String("lmcache.served_model.name", "llama"),
)

// telemetry is a monitor of testEngine and all that it puts out.
type telemetry struct {
	*otelcache.Monitor
	reader *sdkmetric.ManualReader
	spans  *tracetest.SpanRecorder
	tracer *sdktrace.TracerProvider
	misuse *reports
}

// newTelemetry makes a monitor on providers of its own. Options replace those.
func newTelemetry(t *testing.T, opts ...otelcache.Option) *telemetry {
	t.Helper()
	spans, misuse := tracetest.NewSpanRecorder(), captureReports(t)
	tel := &telemetry{reader: sdkmetric.NewManualReader(), spans: spans, misuse: misuse}
	tel.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(tel.spans))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(tel.reader))
	tel.Monitor = openMonitor(t, testEngine, append([]otelcache.Option{
		otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tel.tracer),
	}, opts...)...)
	return tel
}

// untraced turns spans off; with noProviders, nothing is recorded.
var (
	untraced    = otelcache.WithTracerProvider(tracenoop.NewTracerProvider())
	noProviders = []otelcache.Option{otelcache.WithMeterProvider(metricnoop.NewMeterProvider()), untraced}
)

// openMonitor makes a monitor that is closed at the end of the test.
func openMonitor(t testing.TB, e otelcache.Engine, opts ...otelcache.Option) *otelcache.Monitor {
	t.Helper()
	m, err := otelcache.New(e, opts...)
	if err != nil {
		t.Fatalf("New(%+v): %v", e, err)
	}
	t.Cleanup(func() { closeMonitor(t, m) })
	return m
}

func closeMonitor(t testing.TB, m *otelcache.Monitor) {
	t.Helper()
	if err := m.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// bubble runs f as a subtest in which time passes by time.Sleep alone.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// points is data points as text: by the name of their metric, and the
// attributes that they have besides the engine's identity. A histogram's point
// is its sum and its buckets that are not empty, by upper bound.
type points map[string]string

// collect returns all data points there are. Each has to carry the engine's
// identity.
func (tel *telemetry) collect(t *testing.T) points {
	t.Helper()
	return pointsOf(t, collect(t, tel.reader), testIdentity)
}

// fed returns the data points that are not a counter's zero, which is there
// from the start.
func (tel *telemetry) fed(t *testing.T) points {
	t.Helper()
	all := tel.collect(t)
	maps.DeleteFunc(all, func(name, value string) bool {
		m, _ := instruments.Lookup(name)
		return value == "0" && (m.Kind == instruments.KindCounter || m.Kind == instruments.KindUpDownCounter)
	})
	return all
}

// collect returns the metrics of engines.
func collect(t *testing.T, r sdkmetric.Reader) []metricdata.Metrics {
	t.Helper()
	return slices.DeleteFunc(collectAll(t, r), isOfTheProcess)
}

func isOfTheProcess(m metricdata.Metrics) bool {
	entry, _ := instruments.Lookup(m.Name)
	return entry.Process
}

func collectAll(t *testing.T, r sdkmetric.Reader) []metricdata.Metrics {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.Collect(context.Background(), &rm); err != nil {
		t.Errorf("collect: %v", err)
	}
	var all []metricdata.Metrics
	for _, s := range rm.ScopeMetrics {
		if s.Scope.Name != instruments.ScopeName || s.Scope.Version != otelcache.Version {
			t.Errorf("scope is %s %s, want %s %s", s.Scope.Name, s.Scope.Version, instruments.ScopeName, otelcache.Version)
		}
		all = append(all, s.Metrics...)
	}
	return all
}

func pointsOf(t *testing.T, all []metricdata.Metrics, identity attribute.Set) points {
	t.Helper()
	p := points{}
	add := func(name string, attrs attribute.Set, format string, args ...any) {
		key := name + besides(t, name, attrs, identity)
		if was, ok := p[key]; ok {
			t.Errorf("%s has two data points, %s and %s", key, was, fmt.Sprintf(format, args...))
		}
		p[key] = fmt.Sprintf(format, args...)
	}
	for _, m := range all {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, d := range data.DataPoints {
				add(m.Name, d.Attributes, "%d", d.Value)
			}
		case metricdata.Gauge[float64]:
			for _, d := range data.DataPoints {
				add(m.Name, d.Attributes, "%v", d.Value)
			}
		case metricdata.Histogram[float64]:
			for _, d := range data.DataPoints {
				add(m.Name, d.Attributes, "sum %v%s", d.Sum, bucketsOf(d))
			}
		default:
			t.Errorf("%s is a %T", m.Name, m.Data)
		}
	}
	return p
}

func bucketsOf(d metricdata.HistogramDataPoint[float64]) string {
	var b strings.Builder
	for i, n := range d.BucketCounts {
		switch {
		case n == 0:
		case i < len(d.Bounds):
			fmt.Fprintf(&b, ", %d ≤ %v", n, d.Bounds[i])
		default:
			fmt.Fprintf(&b, ", %d above", n)
		}
	}
	return b.String()
}

// besides returns what attrs has besides the identity, which it has to have.
func besides(t *testing.T, of string, attrs, identity attribute.Set) string {
	t.Helper()
	rest := map[attribute.Key]attribute.Value{}
	for _, a := range attrs.ToSlice() {
		rest[a.Key] = a.Value
	}
	for _, want := range identity.ToSlice() {
		if got, ok := rest[want.Key]; !ok || got != want.Value {
			t.Errorf("%s: attribute %s is %v, want %v", of, want.Key, got.AsInterface(), want.Value.AsInterface())
		}
		delete(rest, want.Key)
	}
	if len(rest) == 0 {
		return ""
	}
	var text []string
	for _, k := range slices.Sorted(maps.Keys(rest)) {
		text = append(text, fmt.Sprintf("%s=%v", k, rest[k].AsInterface()))
	}
	return "{" + strings.Join(text, " ") + "}"
}

// wantPoints reports every difference between two sets of data points.
func wantPoints(t *testing.T, got, want points) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if v, ok := got[name]; !ok {
			t.Errorf("%s: got no data point, want %s", name, want[name])
		} else if v != want[name] {
			t.Errorf("%s: got %s, want %s", name, v, want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: got %s, want no data point", name, got[name])
		}
	}
}

// spanTree returns the ended spans as text, one a line, children indented below
// their parents, siblings in the order of their starts. Each has to carry the
// engine's identity, unless it is one of the test's own.
func (tel *telemetry) spanTree(t *testing.T) string {
	t.Helper()
	ended := tel.spans.Ended()
	known := map[string]bool{}
	for _, s := range ended {
		known[s.SpanContext().SpanID().String()] = true
	}
	var b strings.Builder
	var write func(parent, indent string)
	write = func(parent, indent string) {
		for _, s := range tel.spans.Started() {
			id, of := s.SpanContext().SpanID().String(), s.Parent().SpanID().String()
			if !known[id] || of != parent && (parent != "" || known[of]) {
				continue
			}
			b.WriteString(indent + spanLine(t, s) + "\n")
			write(id, indent+"  ")
		}
	}
	write("", "")
	return b.String()
}

func spanLine(t *testing.T, s sdktrace.ReadOnlySpan) string {
	t.Helper()
	line := s.Name()
	if kind := s.SpanKind().String(); kind != "internal" {
		line += " (" + kind + ")"
	}
	identity := *attribute.EmptySet()
	if s.InstrumentationScope().Name == instruments.ScopeName {
		identity = testIdentity
	}
	line += besides(t, "span "+s.Name(), attribute.NewSet(s.Attributes()...), identity)
	if status := s.Status(); status.Code.String() != "Unset" {
		line += fmt.Sprintf(" %s: %s", status.Code, status.Description)
	}
	for _, e := range s.Events() {
		line += " event " + e.Name
	}
	return line
}

func wantSpans(t *testing.T, tel *telemetry, want string) {
	t.Helper()
	want = strings.TrimLeft(strings.ReplaceAll(want, "\t", ""), "\n")
	if got := tel.spanTree(t); got != want {
		t.Errorf("spans are\n%s\nwant\n%s", got, want)
	}
}

// reports is what went to otel.Handle.
type reports struct {
	mu   sync.Mutex
	errs []error
}

// Handle makes reports an [otel.ErrorHandler].
func (r *reports) Handle(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// take returns the reports since the last call.
func (r *reports) take() []error {
	otelcache.WaitForMessages()
	r.mu.Lock()
	defer r.mu.Unlock()
	errs := r.errs
	r.errs = nil
	return errs
}

// captureReports collects what goes to otel.Handle until the end of the test,
// which fails when something is left that it did not take.
func captureReports(t *testing.T) *reports {
	t.Helper()
	otelcache.ForgetReports()
	r := new(reports)
	otel.SetErrorHandler(r)
	t.Cleanup(func() {
		for _, err := range r.take() {
			t.Errorf("unexpected report to otel.Handle: %v", err)
		}
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	})
	return r
}

// wantMisuse takes the reports, which have to be one of misuse whose text
// contains each of the words.
func (tel *telemetry) wantMisuse(t *testing.T, words ...string) {
	t.Helper()
	wantReport(t, tel.misuse, otelcache.ErrMisuse, words...)
}

func wantReport(t *testing.T, r *reports, target error, words ...string) {
	t.Helper()
	errs := r.take()
	if len(errs) != 1 {
		t.Errorf("got %d reports to otel.Handle, want 1: %v", len(errs), errs)
		return
	}
	wantError(t, errs[0], target, words...)
}

// wantError checks that err is target and says each of the words. A nil target
// is any error.
func wantError(t *testing.T, err, target error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("got no error, want %v", target)
		return
	}
	if target != nil && !errors.Is(err, target) {
		t.Errorf("error %q is not %q", err, target)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}
