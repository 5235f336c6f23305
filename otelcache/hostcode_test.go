// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// everyEngine makes names of engines that no other test has.
var everyEngine atomic.Int64

// callBackIn does what code of a host may do wherever it is called: it makes,
// uses, observes and closes monitors on a provider, and gets everything wrong.
func callBackIn(t *testing.T, mp metric.MeterProvider) {
	t.Helper()
	e := otelcache.Engine{WorkerID: "called back " + strconv.FormatInt(everyEngine.Add(1), 10)}
	opts := []otelcache.Option{otelcache.WithMeterProvider(mp), untraced}
	m, err := otelcache.New(e, opts...)
	if err != nil {
		t.Errorf("New: %v", err)
	}
	if _, err := otelcache.New(e, opts...); !errors.Is(err, otelcache.ErrEngineLive) {
		t.Errorf("New of a live engine: got %v", err)
	}
	o, err := m.Observe(instruments.Healthy, func() float64 { return 1 })
	if err != nil {
		t.Errorf("Observe: %v", err)
	}
	ctx, r := m.StartRetrieve(context.Background(), 10)
	r.RecordPhase(otelcache.ToGPU, time.Time{}, time.Now())
	r.Finish(-1)
	r.Finish(1)
	_, l := m.StartLookup(ctx, 10)
	l.Fail(errBroken)
	m.Cursor().Next()
	o.Unregister()
	closeMonitor(t, m)
	shared, err := otelcache.GetOrCreate(e, opts...)
	if err != nil {
		t.Errorf("GetOrCreate: %v", err)
	}
	closeMonitor(t, shared)
	s, err := otelcache.NewEngines(2, time.Minute, opts...)
	if err != nil {
		t.Errorf("NewEngines: %v", err)
	}
	s.Monitor(otelcache.Engine{WorkerID: "\xff"}).RecordEviction(-1)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// hostBehaviour is what code of a host does when it is called.
type hostBehaviour struct {
	name string
	do   func()
	free func() // lets what blocks go on
}

// hostBehaviours are those that harm whoever waits for them.
func hostBehaviours(t *testing.T, mp metric.MeterProvider) []hostBehaviour {
	release := make(chan struct{})
	return []hostBehaviour{
		{"panics", func() { panic("broken code of the host") }, func() {}},
		{"blocks", func() { <-release }, sync.OnceFunc(func() { close(release) })},
		{"calls back in", func() { callBackIn(t, mp) }, func() {}},
	}
}

// endsItsGoroutine is what FailNow of a test does.
var endsItsGoroutine = hostBehaviour{"ends its goroutine", runtime.Goexit, func() {}}

// othersWork checks that nobody else waits: monitors of other engines, of the same
// provider and another one, are made, used, read and closed.
func othersWork(t *testing.T, what string, mp metric.MeterProvider) {
	t.Helper()
	other := sdkmetric.NewManualReader()
	for name, mp := range map[string]metric.MeterProvider{
		"the same provider": mp, "another provider": sdkmetric.NewMeterProvider(sdkmetric.WithReader(other)),
	} {
		within(t, name+" while "+what, func() { callBackIn(t, mp) })
	}
	within(t, "another reader while "+what, func() { collect(t, other) })
}

// TestErrorHandlers has the host's error handler misbehave at every report.
func TestErrorHandlers(t *testing.T) {
	mp := sdkmetric.NewMeterProvider()
	for _, b := range append(hostBehaviours(t, mp), endsItsGoroutine) {
		t.Run(b.name, func(t *testing.T) {
			misuse := captureReports(t)
			var calls atomic.Int64
			otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {
				if calls.Add(1) < 3 { // or each report of the handler's own would bring the next
					b.do()
				}
			}))
			m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced)
			within(t, "misuse", func() {
				for range 1000 {
					m.RecordEviction(-1)
				}
				m.RecordPing(-1, 0)
			})
			othersWork(t, "the error handler "+b.name, mp)
			b.free()
			otelcache.ForgetReports()
			otel.SetErrorHandler(misuse)
			m.RecordEviction(-1)
			wantReport(t, misuse, otelcache.ErrMisuse, "-1 in lmcache.local_cpu.evicted_keys")
		})
	}
}

// TestReportsThatDoNotFit has a handler that hangs while more is reported than the
// queue holds. The next report says how many were lost.
func TestReportsThatDoNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		misuse := captureReports(t)
		release := make(chan struct{})
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
			<-release
			misuse.Handle(err)
		}))
		m := openMonitor(t, testEngine, otelcache.WithMeterProvider(metricnoop.NewMeterProvider()), untraced)
		for range 100 {
			m.RecordEviction(-1)
			time.Sleep(10 * time.Second)
		}
		close(release)
		const room = 64
		errs := misuse.take()
		if len(errs) != 1+room { // one is on its way
			t.Errorf("got %d reports, want %d", len(errs), 1+room)
		}
		m.RecordEviction(-1)
		wantReport(t, misuse, otelcache.ErrMisuse, fmt.Sprintf("and %d more", 100-1-room))
	})
}

// TestReportsAreTheProcesss has engines that do the same wrong: together they are
// reported once in ten seconds.
func TestReportsAreTheProcesss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		for range 10 {
			for i := range 20 {
				m, err := otelcache.New(otelcache.Engine{WorkerID: strconv.Itoa(i)}, noProviders...)
				if err != nil {
					t.Fatal(err)
				}
				m.RecordEviction(-1)
				closeMonitor(t, m)
			}
			time.Sleep(time.Second)
		}
		tel.wantMisuse(t, "-1 in")
		tel.RecordEviction(-1)
		tel.wantMisuse(t, "and 199 more")
	})
}

// hostileLog is a handler of logs that misbehaves.
type hostileLog struct {
	slog.Handler
	behave func()
	warned atomic.Int64
}

func (h *hostileLog) Handle(ctx context.Context, r slog.Record) error {
	h.warned.Add(1)
	h.behave()
	return h.Handler.Handle(ctx, r)
}

func (h *hostileLog) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *hostileLog) WithGroup(string) slog.Handler      { return h }

// TestLoggers has the logger of slow retrieves misbehave.
func TestLoggers(t *testing.T) {
	mp := sdkmetric.NewMeterProvider()
	for _, b := range append(hostBehaviours(t, mp), endsItsGoroutine) {
		t.Run(b.name, func(t *testing.T) {
			misuse := captureReports(t)
			h := &hostileLog{Handler: new(logRecorder), behave: b.do}
			m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced,
				otelcache.WithLogger(slog.New(h)), otelcache.WithSlowRetrieve(1))
			cursor := m.Cursor()
			within(t, "slow retrieves", func() {
				for range 10 {
					_, r := m.StartRetrieve(context.Background(), 10)
					time.Sleep(10 * time.Microsecond)
					r.Finish(5)
				}
			})
			othersWork(t, "the logger "+b.name, mp)
			b.free()
			errs := misuse.take()
			if n := cursor.Next().RetrieveSlowByTime; n != 10 || h.warned.Load() != 1 {
				t.Errorf("%d slow retrieves and %d warnings, want 10 and 1", n, h.warned.Load())
			}
			if b.name == "panics" {
				if len(errs) == 0 {
					t.Error("the panic is not reported")
				}
				wantError(t, errs[0], nil, "the logger panicked", "broken code of the host")
			}
		})
	}
}

// TestSinksAndRecords has the sink and the logger of statistics misbehave.
func TestSinksAndRecords(t *testing.T) {
	mp := sdkmetric.NewMeterProvider()
	for _, what := range []string{"sink", "logger"} {
		for _, b := range hostBehaviours(t, mp) {
			t.Run(what+" "+b.name, func(t *testing.T) {
				misuse := captureReports(t)
				called, delivered := make(chan struct{}, 1000), make(chan otelcache.Stats, 1000)
				h := &hostileLog{Handler: new(logRecorder), behave: func() {}}
				sinks := []otelcache.StatsLoggerOption{
					otelcache.WithIdleRecords(), otelcache.WithSink(func(s otelcache.Stats) { delivered <- s }),
				}
				behave := func() {
					called <- struct{}{}
					b.do()
				}
				if what == "sink" {
					sinks = append(sinks, otelcache.WithSink(func(otelcache.Stats) { behave() }))
				} else {
					h.behave = behave
				}
				m, err := otelcache.New(testEngine, otelcache.WithMeterProvider(mp), untraced, otelcache.WithLogger(slog.New(h)))
				if err != nil {
					t.Fatal(err)
				}
				l, err := otelcache.NewStatsLogger(m, ms, sinks...)
				if err != nil {
					t.Fatal(err)
				}
				m.RecordEviction(1)
				<-called
				othersWork(t, "a "+what+" "+b.name, mp)
				within(t, "Close of the monitor", func() { closeMonitor(t, m) })
				b.free()
				if err := l.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				close(delivered)
				var keys int64
				for s := range delivered {
					keys += s.LocalCPUEvictedKeys
				}
				if keys != 1 {
					t.Errorf("the other sink got %d keys, want 1", keys)
				}
				panics := slices.DeleteFunc(misuse.take(), func(err error) bool { return !strings.Contains(err.Error(), "panicked") })
				if reported := len(panics) == 1; reported != (b.name == "panics") || len(panics) > 1 {
					t.Errorf("got the reports of panics %v, want one if there are any", panics)
				}
			})
		}
	}
}

// TestGaugeCallbacks has a gauge's callback misbehave in a collection.
func TestGaugeCallbacks(t *testing.T) {
	for _, name := range []string{"panics", "blocks", "calls back in"} {
		t.Run(name, func(t *testing.T) {
			reader := sdkmetric.NewManualReader()
			mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
			misuse := captureReports(t)
			called := make(chan struct{}, 10)
			for _, b := range hostBehaviours(t, mp) {
				if b.name != name {
					continue
				}
				m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced)
				m.RecordEviction(7)
				if _, err := m.Observe(instruments.RemotePutTasks, func() float64 {
					called <- struct{}{}
					b.do()
					return 3
				}); err != nil {
					t.Fatal(err)
				}
				var got []metricdata.Metrics
				var collecting sync.WaitGroup
				collecting.Go(func() { got = collect(t, reader) })
				<-called
				othersWork(t, "a callback "+name, mp)
				within(t, "events", func() { m.RecordEviction(1) })
				b.free()
				within(t, "the collection", collecting.Wait)
				if value, ok := gaugeOf(got, "lmcache.remote.put.tasks"); ok == (name == "panics") || ok && value != 3 {
					t.Errorf("the gauge is %v, %t, want 3 unless it panics", value, ok)
				}
				if n := evictedIn(got)["llama-3-70b"]; n != 7 {
					t.Errorf("%d keys, want those of before the callback, 7", n)
				}
			}
			misuse.take()
		})
	}
}

// withinASecond checks that f does not wait for a provider, which Close does for a
// second.
func withinASecond(t *testing.T, what string, f func()) {
	t.Helper()
	start := time.Now()
	within(t, what, f)
	if took := time.Since(start); took >= time.Second {
		t.Errorf("%s takes %v, want less than a second", what, took)
	}
}

// gaugeOf returns the value of a gauge that has at most one.
func gaugeOf(all []metricdata.Metrics, name string) (float64, bool) {
	for _, m := range all {
		if g, ok := m.Data.(metricdata.Gauge[float64]); ok && m.Name == name && len(g.DataPoints) == 1 {
			return g.DataPoints[0].Value, true
		}
	}
	return 0, false
}

// TestCallbackReplacesTheLastMonitor closes the last monitor of a provider in a
// gauge's callback and makes a new one there, in every collection: the SDK could not
// take a callback while it collects. Each monitor is on the page of the next
// collection, whole.
func TestCallbackReplacesTheLastMonitor(t *testing.T) {
	for _, byGetOrCreate := range []bool{false, true} {
		t.Run(fmt.Sprint("GetOrCreate ", byGetOrCreate), func(t *testing.T) {
			captureReports(t)
			reader := sdkmetric.NewManualReader()
			p := newCountingProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
			var live *otelcache.Monitor
			generation := 0
			var replace func() float64
			replace = func() float64 {
				if live != nil {
					closeMonitor(t, live)
				}
				var err error
				if opts := []otelcache.Option{otelcache.WithMeterProvider(p), untraced}; byGetOrCreate {
					live, err = otelcache.GetOrCreate(testEngine, opts...)
				} else {
					live, err = otelcache.New(testEngine, opts...)
				}
				if err != nil {
					t.Errorf("generation %d: %v", generation, err)
				}
				generation++
				live.RecordEviction(generation)
				if _, err := live.Observe(instruments.Healthy, replace); err != nil {
					t.Errorf("generation %d: %v", generation, err)
				}
				return 1
			}
			replace()
			for want := 1; want <= 20; want++ {
				within(t, "a collection", func() {
					// The collection of an instant in which the callback is taken and given back has nothing.
					for generation == want {
						if n, ok := evicted(t, reader)["llama-3-70b"]; ok && n != int64(want) {
							t.Errorf("got %d keys, want %d", n, want)
						}
					}
				})
			}
			closeMonitor(t, live)
			within(t, "the end of the callback", func() {
				for p.registered.Load() != p.unregistered.Load() {
					time.Sleep(ms)
				}
			})
			if got := evicted(t, reader); len(got) != 0 {
				t.Errorf("got %v after the last was closed", got)
			}
			if n := p.meters.Load(); n != 1 {
				t.Errorf("%d meters, want 1", n)
			}
		})
	}
}

// TestNewWhileACollectionHangs closes the last monitor of a provider while a gauge's
// callback hangs, and makes another: nobody waits.
func TestNewWhileACollectionHangs(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	p := newCountingProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(p), untraced)
	called, release := make(chan struct{}), make(chan struct{})
	if _, err := m.Observe(instruments.Healthy, func() float64 {
		close(called)
		<-release
		return 1
	}); err != nil {
		t.Fatal(err)
	}
	var collecting sync.WaitGroup
	collecting.Go(func() { collect(t, reader) })
	<-called
	withinASecond(t, "Close", func() { closeMonitor(t, m) })
	var again *otelcache.Monitor
	withinASecond(t, "New", func() { again = openMonitor(t, testEngine, otelcache.WithMeterProvider(p), untraced) })
	again.RecordEviction(5)
	close(release)
	collecting.Wait()
	within(t, "the page of the new monitor", func() {
		for evicted(t, reader)["llama-3-70b"] != 5 {
			time.Sleep(ms)
		}
	})
	closeMonitor(t, again)
	within(t, "the end of the callback", func() {
		for p.registered.Load() != p.unregistered.Load() {
			time.Sleep(ms)
		}
	})
}

// TestCloseWhileTheHostCollects has a callback of the host's own, which this package
// does not know of, hang in a collection: Close waits for a second and goes on.
func TestCloseWhileTheHostCollects(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	called, release := make(chan struct{}), make(chan struct{})
	gauge, err := mp.Meter("host").Int64ObservableGauge("host")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mp.Meter("host").RegisterCallback(func(context.Context, metric.Observer) error {
		close(called)
		<-release
		return nil
	}, gauge); err != nil {
		t.Fatal(err)
	}
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced)
	s := openEngines(t, 1, time.Minute, otelcache.WithMeterProvider(mp), untraced)
	var collecting sync.WaitGroup
	collecting.Go(func() { _ = reader.Collect(context.Background(), new(metricdata.ResourceMetrics)) })
	<-called
	within(t, "Close", func() { closeMonitor(t, m) })
	known := s.Monitor(testEngine)
	closing := make(chan error)
	go func() { closing <- s.Close() }()
	withinASecond(t, "a monitor of a set that is being closed", func() {
		for s.Monitor(testEngine) == known {
			runtime.Gosched()
		}
	})
	within(t, "Close of the set", func() {
		if err := <-closing; err != nil {
			t.Error(err)
		}
	})
	within(t, "another provider", func() { callBackIn(t, sdkmetric.NewMeterProvider()) })
	close(release)
	collecting.Wait()
	otelcache.WaitForMessages()
}

// TestFailingPartsAreReportedOnce has three callbacks that fail in every collection
// beside one that fails in every second: each is reported when it begins to fail,
// and none hides another.
func TestFailingPartsAreReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		failing := []instruments.ObservableGauge{
			instruments.RemotePutTasks, instruments.Healthy, instruments.ChunkStatisticsRequests, instruments.LocalCPUHotCacheEntries,
		}
		collection := 0
		for i, g := range failing {
			if _, err := tel.Observe(g, func() float64 {
				if i == 0 && collection%2 == 1 {
					return 1
				}
				panic("callback " + strconv.Itoa(i))
			}); err != nil {
				t.Fatal(err)
			}
		}
		reported := map[string]int{}
		for ; collection < 6; collection++ {
			tel.fed(t)
			for _, err := range tel.misuse.take() {
				for _, g := range failing {
					if strings.Contains(err.Error(), g.String()+" of") {
						reported[g.String()]++
						if collection == 4 {
							wantError(t, err, otelcache.ErrMisuse, "and 6 more") // the others, in two collections
						}
					}
				}
			}
			time.Sleep(time.Minute)
		}
		want := map[string]int{}
		for i, g := range failing {
			want[g.String()] = 1
			if i == 0 {
				want[g.String()] = 3
			}
		}
		if !maps.Equal(reported, want) {
			t.Errorf("reported %v times, want %v", reported, want)
		}
	})
}

// TestManyFailingPartsAreReportedInTurn has more callbacks that fail than may be
// reported at once. In the end all are reported.
func TestManyFailingPartsAreReportedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		gauges := instruments.ObservableGauges()
		for _, g := range gauges {
			if _, err := tel.Observe(g, func() float64 { panic("broken") }); err != nil {
				t.Fatal(err)
			}
		}
		reported := map[string]bool{}
		for range len(gauges) {
			tel.fed(t)
			errs := tel.misuse.take()
			if len(errs) > 8 {
				t.Errorf("%d reports at once, want at most 8", len(errs))
			}
			for _, err := range errs {
				for _, g := range gauges {
					if strings.Contains(err.Error(), ": "+g.String()+" of") {
						reported[g.String()] = true
					}
				}
			}
			time.Sleep(10 * time.Second)
		}
		if len(reported) != len(gauges) {
			t.Errorf("%d callbacks were reported, want all %d", len(reported), len(gauges))
		}
	})
}

// TestErrorTypeFunctions has the function of WithErrorType, and an error's own
// methods, misbehave. Fail waits for them: that they block holds up their caller
// and nobody else.
func TestErrorTypeFunctions(t *testing.T) {
	mp := sdkmetric.NewMeterProvider()
	for _, of := range []string{"WithErrorType", "ErrorType", "Error"} {
		for _, b := range hostBehaviours(t, mp) {
			t.Run(of+" "+b.name, func(t *testing.T) {
				misuse := captureReports(t)
				tp := sdktrace.NewTracerProvider()
				opts := []otelcache.Option{otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tp)}
				called := make(chan struct{}, 10)
				behave := func() {
					called <- struct{}{}
					b.do()
				}
				err := &hostileError{errorType: func() {}, text: func() {}}
				switch of {
				case "WithErrorType":
					opts = append(opts, otelcache.WithErrorType(func(error) string { behave(); return "" }))
				case "ErrorType":
					err.errorType = behave
				case "Error":
					err.text = behave
				}
				m := openMonitor(t, testEngine, opts...)
				cursor := m.Cursor()
				var failing sync.WaitGroup
				failing.Go(func() {
					_, l := m.StartLookup(context.Background(), 1)
					l.Fail(err)
				})
				<-called
				othersWork(t, of+" "+b.name, mp)
				within(t, "events", func() { m.RecordEviction(1) })
				b.free()
				within(t, "Fail", failing.Wait)
				if got := cursor.Next(); got.LookupFailures != 1 || got.LocalCPUEvictedKeys != 1 {
					t.Errorf("%d failures and %d keys, want one of each", got.LookupFailures, got.LocalCPUEvictedKeys)
				}
				misuse.take()
			})
		}
	}
}

type hostileError struct{ errorType, text func() }

func (e *hostileError) ErrorType() string {
	e.errorType()
	return "hostile"
}

func (e *hostileError) Error() string {
	e.text()
	return "hostile error"
}

// hostileProvider is a meter provider that misbehaves at one of its calls.
type hostileProvider struct {
	*countingProvider
	at     string
	behave func()
}

func (p *hostileProvider) call(name string) {
	if p.at == name {
		p.behave()
	}
}

func (p *hostileProvider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	p.call("Meter")
	return hostileMeter{p.countingProvider.Meter(name, opts...), p}
}

type hostileMeter struct {
	metric.Meter
	of *hostileProvider
}

func (m hostileMeter) Int64ObservableCounter(name string, opts ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	m.of.call("Int64ObservableCounter")
	return m.Meter.Int64ObservableCounter(name, opts...)
}

func (m hostileMeter) RegisterCallback(f metric.Callback, insts ...metric.Observable) (metric.Registration, error) {
	m.of.call("RegisterCallback")
	r, err := m.Meter.RegisterCallback(f, insts...)
	return hostileRegistration{r, m.of}, err
}

type hostileRegistration struct {
	metric.Registration
	of *hostileProvider
}

func (r hostileRegistration) Unregister() error {
	r.of.call("Unregister")
	return r.Registration.Unregister()
}

// TestMeterProviders has a meter provider misbehave when a monitor is made or
// closed. A panic is an error of the constructor or of Close.
func TestMeterProviders(t *testing.T) {
	for _, at := range []string{"Meter", "Int64ObservableCounter", "RegisterCallback", "Unregister"} {
		healthy := sdkmetric.NewMeterProvider()
		for _, b := range hostBehaviours(t, healthy) {
			t.Run(at+" "+b.name, func(t *testing.T) {
				misuse := captureReports(t)
				called := make(chan struct{}, 1000)
				p := &hostileProvider{countingProvider: newCountingProvider(sdkmetric.NewMeterProvider()), at: at}
				p.behave = func() {
					called <- struct{}{}
					b.do()
				}
				var using sync.WaitGroup
				var newErr, closeErr error
				using.Go(func() {
					var m *otelcache.Monitor
					m, newErr = otelcache.New(testEngine, otelcache.WithMeterProvider(p), untraced)
					m.RecordEviction(1)
					closeErr = m.Close()
				})
				<-called
				within(t, "another provider", func() { callBackIn(t, healthy) })
				b.free()
				within(t, "the monitor", using.Wait)
				for name, c := range map[string]struct {
					err  error
					want bool
				}{"New": {newErr, b.name == "panics" && at != "Unregister"}, "Close": {closeErr, b.name == "panics" && at == "Unregister"}} {
					if (c.err != nil) != c.want {
						t.Errorf("the error of %s is %v, want one: %t", name, c.err, c.want)
					} else if c.want {
						wantError(t, c.err, nil, "the meter provider panicked", "broken code of the host")
					}
				}
				p.at = ""
				within(t, "the same provider, healthy again", func() { callBackIn(t, p) })
				misuse.take()
			})
		}
	}
}

// hostileTracers is a tracer provider that misbehaves.
type hostileTracers struct {
	trace.TracerProvider
	behave func()
}

func (p *hostileTracers) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	p.behave()
	return p.TracerProvider.Tracer(name, opts...)
}

// TestTracerProviders has a tracer provider misbehave when a monitor or a set is
// made. A set asks it once, so that an engine that is known per request never waits
// for it.
func TestTracerProviders(t *testing.T) {
	mp := sdkmetric.NewMeterProvider()
	for _, b := range hostBehaviours(t, mp) {
		t.Run(b.name, func(t *testing.T) {
			misuse := captureReports(t)
			called := make(chan struct{}, 1000)
			tracers := &hostileTracers{tracenoop.NewTracerProvider(), func() {
				called <- struct{}{}
				b.do()
			}}
			opts := []otelcache.Option{otelcache.WithMeterProvider(mp), otelcache.WithTracerProvider(tracers)}
			var using sync.WaitGroup
			var errs []error
			using.Go(func() {
				m, err := otelcache.New(testEngine, opts...)
				errs = append(errs, err, m.Close())
				s, err := otelcache.NewEngines(1, time.Minute, opts...)
				errs = append(errs, err)
				for i := range 10 {
					s.Monitor(otelcache.Engine{WorkerID: strconv.Itoa(i)}).RecordEviction(1)
				}
				errs = append(errs, s.Close())
			})
			<-called
			othersWork(t, "the tracer provider "+b.name, mp)
			b.free()
			within(t, "the monitors", using.Wait)
			for i, err := range errs {
				if panics := b.name == "panics" && i%2 == 0; panics != (err != nil) {
					t.Errorf("error %d is %v, want one: %t", i, err, panics)
				} else if panics {
					wantError(t, err, nil, "the tracer provider panicked", "broken code of the host")
				}
			}
			if n := len(called); n != 1 { // and the one that was received
				t.Errorf("the provider was asked %d times, want once for the monitor and once for the set", 1+n)
			}
			misuse.take()
		})
	}
}

// nothingMeter returns no instruments and no errors.
type nothingMeter struct{ metric.Meter }

func (nothingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, nil
}

type nothingProvider struct{ metric.MeterProvider }

func (p nothingProvider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return nothingMeter{p.MeterProvider.Meter(name, opts...)}
}

func TestInstrumentsThatAreNone(t *testing.T) {
	m, err := otelcache.New(testEngine, otelcache.WithMeterProvider(nothingProvider{sdkmetric.NewMeterProvider()}))
	wantError(t, err, nil, "lmcache.retrieve.duration", "none")
	_, r := m.StartRetrieve(context.Background(), 1)
	r.Finish(1)
}
