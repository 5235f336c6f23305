// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// selfFeeds has everything that the process counts of itself, and the data points
// that it raises. None of them has an engine.
var selfFeeds = []struct {
	name string
	feed func(*testing.T, *telemetry)
	want points
}{
	{"finished twice", func(_ *testing.T, tel *telemetry) {
		_, l := tel.StartLookup(context.Background(), 10)
		l.Finish(5)
		l.Finish(5)
		l.Fail(errBroken)
	}, misuses("finished_twice", 2)},
	{"phase too late", func(_ *testing.T, tel *telemetry) {
		_, s := tel.StartStore(context.Background(), 10)
		s.Finish(otelcache.AllTokens)
		s.StartPhase(context.Background(), otelcache.Put)
	}, misuses("phase_too_late", 1)},
	{"wrong phase", func(_ *testing.T, tel *telemetry) {
		_, s := tel.StartStore(context.Background(), 10)
		s.StartPhase(context.Background(), otelcache.ToGPU)
		s.Abandon()
	}, misuses("wrong_phase", 1)},
	{"wrong times", func(_ *testing.T, tel *telemetry) {
		for range 3 {
			tel.RecordPing(-1, 0)
		}
	}, misuses("wrong_times", 3, refused(3))},
	{"wrong number", func(_ *testing.T, tel *telemetry) {
		for range 2 {
			tel.RecordEviction(-1)
		}
	}, misuses("wrong_number", 2, refused(2))},
	{"unpinned too many", func(_ *testing.T, tel *telemetry) {
		for range 4 {
			tel.AddPinnedObjects(-1)
		}
	}, misuses("unpinned_too_many", 4, refused(4))},
	{"too many hits", func(_ *testing.T, tel *telemetry) {
		_, l := tel.StartLookup(context.Background(), 10)
		l.Finish(20)
	}, misuses("too_many_hits", 1)},
	{"too many error types", func(t *testing.T, _ *telemetry) {
		t.Helper()
		n := 0
		tel := newTelemetry(t, otelcache.WithErrorType(func(error) string { n++; return "type " + strconv.Itoa(n) }))
		for range 35 {
			_, l := tel.StartLookup(context.Background(), 10)
			l.Fail(errBroken)
		}
		tel.misuse.take()
	}, misuses("too_many_error_types", 3)},
	{"name repaired", func(t *testing.T, _ *telemetry) {
		t.Helper()
		openMonitor(t, otelcache.Engine{ModelName: "\xff"}, noProviders...)
	}, misuses("text_repaired", 1, repaired(1))},
	{"texts repaired", func(_ *testing.T, tel *telemetry) {
		_, l := tel.StartLookup(context.Background(), 1)
		l.SetRequestID("\xff")
		l.SetRequestID(strings.Repeat("x", 5000))
		l.Fail(errors.New("\xff"))
	}, repaired(3)},
	{"other provider", func(t *testing.T, _ *telemetry) {
		t.Helper()
		for range 2 {
			m, err := otelcache.GetOrCreate(otelcache.Engine{ModelName: "shared"}, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider()))
			if err != nil {
				t.Fatal(err)
			}
			defer closeMonitor(t, m)
		}
	}, misuses("other_provider", 1)},
	{"callback failed", func(t *testing.T, tel *telemetry) {
		t.Helper()
		o, err := tel.Observe(instruments.Healthy, func() float64 { panic("broken") })
		if err != nil {
			t.Fatal(err)
		}
		for range 6 {
			tel.collect(t)
		}
		o.Unregister()
	}, misuses("callback_failed", 6)},
	{"error type", func(t *testing.T, _ *telemetry) {
		t.Helper()
		tel := newTelemetry(t, otelcache.WithErrorType(func(error) string { panic("broken") }))
		_, l := tel.StartLookup(context.Background(), 10)
		l.Fail(errBroken)
		tel.misuse.take()
	}, hostFailures("error_type", 1)},
	{"sink", func(t *testing.T, tel *telemetry) {
		t.Helper()
		logStats(t, tel.Monitor, otelcache.WithSink(func(otelcache.Stats) { panic("broken") }))
	}, hostFailures("sink", 1)},
	{"logger", func(t *testing.T, _ *telemetry) {
		t.Helper()
		tel := newTelemetry(t, otelcache.WithSlowRetrieve(ms), otelcache.WithLogger(slog.New(slog.NewTextHandler(panickingWriter{}, nil))))
		_, r := tel.StartRetrieve(context.Background(), 1)
		time.Sleep(time.Second)
		r.Finish(1)
		logStats(t, tel.Monitor)
		tel.misuse.take()
	}, hostFailures("logger", 2)},
	{"meter provider", func(t *testing.T, _ *telemetry) {
		t.Helper()
		m, err := otelcache.New(testEngine, otelcache.WithMeterProvider(lateProvider{}))
		if err != nil {
			t.Fatal(err)
		}
		closeMonitor(t, m)
		time.Sleep(time.Hour)
	}, hostFailures("meter_provider", 1)},
	{"error handler", func(_ *testing.T, tel *telemetry) {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { panic("broken handler") }))
		tel.RecordEviction(-1)
		tel.RecordPing(-1, 0)
	}, hostFailures("error_handler", 2, misuses("wrong_number", 1), misuses("wrong_times", 1, refused(2)))},
	{"queue without room", func(_ *testing.T, tel *telemetry) {
		release := make(chan struct{})
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { <-release }))
		for range 70 { // one is on its way, and 64 wait
			tel.RecordEviction(-1)
			time.Sleep(10 * time.Second)
		}
		close(release)
	}, misuses("wrong_number", 70, refused(70), points{"lmcache.otel.dropped_reports": "5"})},
}

func misuses(kind string, n int, more ...points) points {
	return merge(points{"lmcache.otel.misuse{lmcache.otel.misuse.kind=" + kind + "}": strconv.Itoa(n)}, more)
}

func hostFailures(part string, n int, more ...points) points {
	return merge(points{"lmcache.otel.host_failures{lmcache.otel.host.part=" + part + "}": strconv.Itoa(n)}, more)
}

func refused(n int) points { return points{"lmcache.otel.refused_values": strconv.Itoa(n)} }

func repaired(n int) points { return points{"lmcache.otel.repaired_texts": strconv.Itoa(n)} }

func merge(all points, more []points) points {
	for _, p := range more {
		maps.Copy(all, p)
	}
	return all
}

// lateProvider takes its time to end a callback, and fails.
type lateProvider struct{ metricnoop.MeterProvider }

func (lateProvider) Meter(string, ...metric.MeterOption) metric.Meter { return lateMeter{} }

type lateMeter struct{ metricnoop.Meter }

func (lateMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return lateRegistration{}, nil
}

type lateRegistration struct{ metricnoop.Registration }

func (lateRegistration) Unregister() error {
	time.Sleep(time.Minute)
	return errRefused
}

// logStats delivers the statistics of one interval.
func logStats(t *testing.T, m *otelcache.Monitor, opts ...otelcache.StatsLoggerOption) {
	t.Helper()
	l, err := otelcache.NewStatsLogger(m, time.Hour, append(opts, otelcache.WithIdleRecords())...)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// selfPoints returns the metrics of the process, which have no engine.
func selfPoints(t *testing.T, r sdkmetric.Reader) points {
	t.Helper()
	all := points{}
	for _, m := range collectAll(t, r) {
		if isOfTheProcess(m) {
			maps.Copy(all, pointsOf(t, []metricdata.Metrics{m}, *attribute.EmptySet()))
		}
	}
	return all
}

// TestSelfTelemetry checks what each trouble raises, and that every meter provider
// has all of it.
func TestSelfTelemetry(t *testing.T) {
	for _, f := range selfFeeds {
		bubble(t, f.name, func(t *testing.T) {
			tel := newTelemetry(t)
			other := sdkmetric.NewManualReader()
			openMonitor(t, testEngine, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(other))))
			before := selfPoints(t, other)
			f.feed(t, tel)
			tel.misuse.take()
			after := selfPoints(t, other)
			wantPoints(t, raised(t, before, after), f.want)
			wantPoints(t, selfPoints(t, tel.reader), after)
		})
	}
}

// raised returns by how much the points that are not the same have grown.
func raised(t *testing.T, before, after points) points {
	t.Helper()
	grown := points{}
	for name, value := range after {
		was, err1 := strconv.Atoi(before[name])
		is, err2 := strconv.Atoi(value)
		if err1 != nil || err2 != nil {
			t.Errorf("%s went from %q to %q, want two numbers", name, before[name], value)
		}
		if is != was {
			grown[name] = strconv.Itoa(is - was)
		}
	}
	return grown
}

// TestSelfTelemetryCoversTheCatalog: every count is there from the start, and
// something raises it.
func TestSelfTelemetryCoversTheCatalog(t *testing.T) {
	there := selfPoints(t, newTelemetry(t).reader)
	fed := points{}
	for _, f := range selfFeeds {
		maps.Copy(fed, f.want)
	}
	for _, c := range instruments.ProcessCounters() {
		m := c.Metric()
		if len(m.Attributes) > 1 || len(m.Attributes) == 1 && m.Attributes[0].Values == nil {
			t.Errorf("%s has the attributes %v, want at most one, whose values are closed", m.Name, m.Attributes)
		}
		names := []string{m.Name}
		for _, a := range m.Attributes {
			names = names[:0]
			for _, v := range a.Values {
				names = append(names, m.Name+"{"+string(a.Key)+"="+v.Name+"}")
			}
		}
		for _, name := range names {
			if there[name] == "" {
				t.Errorf("%s has no data point from the start", name)
			}
			if fed[name] == "" {
				t.Errorf("no entry of selfFeeds feeds %s", name)
			}
			delete(there, name)
		}
	}
	for name := range there {
		t.Errorf("the catalog lacks %s", name)
	}
}

// TestSelfTelemetryIsFedByPackages holds the catalog's words against the
// directories that there are.
func TestSelfTelemetryIsFedByPackages(t *testing.T) {
	for _, m := range instruments.All() {
		if !m.Process {
			continue
		}
		if entries, err := os.ReadDir(filepath.Join("..", m.FedBy)); err != nil || len(entries) == 0 || strings.HasPrefix(m.FedBy, ".") {
			t.Errorf("%s is fed by %q, want a package of this module (%v)", m.Name, m.FedBy, err)
		}
	}
}

// TestSelfTelemetryOfOneProvider: a provider that has no monitor any more has no
// counts of the process, and those that have one keep theirs.
func TestSelfTelemetryOfOneProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newTelemetry(t), newTelemetry(t)
		first.RecordEviction(-1)
		first.misuse.take()
		second.misuse.take()
		before := selfPoints(t, second.reader)
		closeMonitor(t, first.Monitor)
		wantPoints(t, selfPoints(t, first.reader), points{})
		wantPoints(t, selfPoints(t, second.reader), before)
	})
}
