// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const idle = time.Minute // of the tests' sets

// engineSet is a set of engines and all that it puts out.
type engineSet struct {
	*otelcache.Engines
	cumulative, delta *sdkmetric.ManualReader
	provider          *sdkmetric.MeterProvider
	spans             *tracetest.SpanRecorder
	misuse            *reports
}

func newEngineSet(t *testing.T, limit int, opts ...otelcache.Option) *engineSet {
	t.Helper()
	s := &engineSet{
		cumulative: sdkmetric.NewManualReader(),
		delta:      sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector)),
		spans:      tracetest.NewSpanRecorder(),
		misuse:     captureReports(t),
	}
	s.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.cumulative), sdkmetric.WithReader(s.delta))
	s.Engines = openEngines(t, limit, idle, append([]otelcache.Option{
		otelcache.WithMeterProvider(s.provider),
		otelcache.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s.spans))),
	}, opts...)...)
	return s
}

// openEngines makes a set that is closed at the end of the test.
func openEngines(t testing.TB, limit int, idle time.Duration, opts ...otelcache.Option) *otelcache.Engines {
	t.Helper()
	s, err := otelcache.NewEngines(limit, idle, opts...)
	if err != nil {
		t.Fatalf("NewEngines: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func (s *engineSet) model(name string) *otelcache.Monitor {
	return s.Monitor(otelcache.Engine{ModelName: name})
}

// evicted returns the evicted keys by model, as a reader gets them.
func evicted(t *testing.T, r sdkmetric.Reader) map[string]int64 {
	t.Helper()
	return evictedIn(collect(t, r))
}

func evictedIn(all []metricdata.Metrics) map[string]int64 {
	values := map[string]int64{}
	for _, m := range all {
		if m.Name != "lmcache.local_cpu.evicted_keys" {
			continue
		}
		for _, d := range m.Data.(metricdata.Sum[int64]).DataPoints {
			model, _ := d.Attributes.Value("gen_ai.request.model")
			values[model.AsString()] = d.Value
		}
	}
	return values
}

// reuses returns the number of values of the chunks' histogram by model.
func reuses(t *testing.T, r sdkmetric.Reader) map[string]int64 {
	t.Helper()
	values := map[string]int64{}
	for _, m := range collect(t, r) {
		if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "lmcache.chunk.lifespan" {
			for _, d := range h.DataPoints {
				model, _ := d.Attributes.Value("gen_ai.request.model")
				values[model.AsString()] = int64(d.Count)
			}
		}
	}
	return values
}

// want collects both readers and compares the evicted keys.
func (s *engineSet) want(t *testing.T, cumulative, delta map[string]int64) {
	t.Helper()
	if got := evicted(t, s.cumulative); !maps.Equal(got, cumulative) {
		t.Errorf("the cumulative reader got %v, want %v", got, cumulative)
	}
	if got := evicted(t, s.delta); !maps.Equal(got, delta) {
		t.Errorf("the delta reader got %v, want %v", got, delta)
	}
}

// look lets the set look for idle engines, by asking for a place that it does not
// have yet, and lets them be idle from then on.
func (s *engineSet) look() {
	s.model("one more")
	time.Sleep(idle)
}

func TestEnginesBelowTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 2)
		a := s.model("a")
		if again := s.model("a"); again != a || s.model("b") == a || a.Engine().ModelName != "a" {
			t.Error("want one monitor an engine, of its identity")
		}
		s.model("a").RecordEviction(5)
		s.model("a").RecordChunkReuse(context.Background(), ms)
		s.model("b").RecordEviction(1)
		s.want(t, map[string]int64{"a": 5, "b": 1}, map[string]int64{"a": 5, "b": 1})
		time.Sleep(100 * idle) // nobody needs the place
		s.want(t, map[string]int64{"a": 5, "b": 1}, map[string]int64{"a": 0, "b": 0})
		s.model("a").RecordEviction(2)
		s.model("a").RecordChunkReuse(context.Background(), ms)
		s.want(t, map[string]int64{"a": 7, "b": 1}, map[string]int64{"a": 2, "b": 0})
		if got := reuses(t, s.cumulative)["a"]; got != 2 {
			t.Errorf("the histogram has %d values, want 2", got)
		}
	})
}

// TestIdleEnginesMakeRoom has two places, the engines of which have been idle for
// different times.
func TestIdleEnginesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 2)
		s.model("a").RecordEviction(1)
		s.model("a").RecordChunkReuse(context.Background(), ms)
		s.model("b").RecordEviction(2)
		s.want(t, map[string]int64{"a": 1, "b": 2}, map[string]int64{"a": 1, "b": 2})
		s.model("c").RecordEviction(4)
		all := map[string]int64{"a": 1, "b": 2, "_OTHER": 4}
		s.want(t, all, map[string]int64{"a": 0, "b": 0, "_OTHER": 4})
		time.Sleep(idle / 2)
		s.model("b").RecordEviction(8)
		s.want(t, map[string]int64{"a": 1, "b": 10, "_OTHER": 4}, map[string]int64{"a": 0, "b": 8, "_OTHER": 0})
		time.Sleep(idle / 2)
		s.model("c").RecordEviction(16)
		s.want(t, map[string]int64{"b": 10, "c": 16, "_OTHER": 4}, map[string]int64{"b": 0, "c": 16, "_OTHER": 0})
		time.Sleep(2 * idle)
		s.look()
		all = map[string]int64{"one more": 0, "c": 16, "_OTHER": 4}
		s.want(t, all, map[string]int64{"one more": 0, "c": 0, "_OTHER": 0})
		s.model("a").RecordEviction(32) // a new engine by now
		s.model("a").RecordChunkReuse(context.Background(), ms)
		got := evicted(t, s.cumulative)
		if got["a"] != 32 || got["_OTHER"] != 4 || len(got) != 3 {
			t.Errorf("got %v, want a from 0 in the place of c", got)
		}
		if got := evicted(t, s.delta)["a"]; got != 32 {
			t.Errorf("got the delta %d, want 32", got)
		}
		if got := reuses(t, s.cumulative)["a"]; got != 2 {
			t.Errorf("the histogram has %d values, want 2: the SDK keeps it", got)
		}
	})
}

// TestEnginesComeBackBeforeTheyAreMissed has engines come back after only one of
// two readers has missed them: they count as others, or the counts of one reader
// would fall.
func TestEnginesComeBackBeforeTheyAreMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 2)
		kept := s.model("a")
		kept.RecordEviction(1)
		s.model("b").RecordEviction(1)
		s.want(t, map[string]int64{"a": 1, "b": 1}, map[string]int64{"a": 1, "b": 1})
		s.look()
		s.want(t, map[string]int64{"a": 1, "b": 1, "_OTHER": 0}, map[string]int64{"a": 0, "b": 0, "_OTHER": 0})
		s.model("c").RecordEviction(1)
		s.model("d").RecordEviction(1) // both are gone
		s.model("a").RecordEviction(10)
		kept.RecordEviction(100)
		if got := evicted(t, s.cumulative); !maps.Equal(got, map[string]int64{"c": 1, "d": 1, "_OTHER": 110}) {
			t.Errorf("got %v, want c, d and 110 of others", got)
		}
		s.look()
		s.model("a").RecordEviction(10) // the delta reader still has it
		kept.RecordEviction(100)
		s.want(t, map[string]int64{"c": 1, "d": 1, "_OTHER": 220}, map[string]int64{"c": 1, "d": 1, "_OTHER": 220})
		s.look()
		s.model("a").RecordEviction(10)
		kept.RecordEviction(100)
		got := evicted(t, s.cumulative)
		if got["a"] != 110 || got["_OTHER"] != 220 {
			t.Errorf("got %v, want 110 of a", got)
		}
		if got := evicted(t, s.delta); got["a"] != 110 || got["_OTHER"] != 0 {
			t.Errorf("got the deltas %v, want 110 of a", got)
		}
	})
}

// TestKeptMonitors uses a monitor whose engine made room.
func TestKeptMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 1)
		kept := s.model("a")
		cursor := kept.Cursor()
		kept.RecordEviction(1)
		kept.RecordChunkReuse(context.Background(), ms)
		s.want(t, map[string]int64{"a": 1}, map[string]int64{"a": 1})
		s.look()
		s.want(t, map[string]int64{"a": 1, "_OTHER": 0}, map[string]int64{"a": 0, "_OTHER": 0})
		b := s.model("b")
		b.RecordEviction(2)
		s.want(t, map[string]int64{"b": 2, "_OTHER": 0}, map[string]int64{"b": 2, "_OTHER": 0})

		kept.RecordEviction(4) // without room
		_, l := kept.StartLookup(context.Background(), 10)
		s.want(t, map[string]int64{"b": 2, "_OTHER": 4}, map[string]int64{"b": 0, "_OTHER": 4})
		time.Sleep(idle)
		l.Finish(10) // where it started
		s.want(t, map[string]int64{"b": 2, "_OTHER": 4}, map[string]int64{"b": 0, "_OTHER": 0})

		kept.RecordEviction(8) // in the place of b
		kept.RecordChunkReuse(context.Background(), ms)
		s.want(t, map[string]int64{"a": 8, "_OTHER": 4}, map[string]int64{"a": 8, "_OTHER": 0})
		if got := reuses(t, s.cumulative)["a"]; got != 2 {
			t.Errorf("the histogram has %d values, want 2", got)
		}
		if s.model("a") != kept {
			t.Error("the set has another monitor than the one that came back")
		}
		b.RecordEviction(16)
		s.want(t, map[string]int64{"a": 8, "_OTHER": 20}, map[string]int64{"a": 0, "_OTHER": 16})
		if got := cursor.Next().LocalCPUEvictedKeys; got != 9 {
			t.Errorf("the cursor got %d keys, want the 9 of a", got)
		}
	})
}

// TestEnginesThatStay has what keeps an engine in its place.
func TestEnginesThatStay(t *testing.T) {
	bubble(t, "operation in flight", func(t *testing.T) {
		s := newEngineSet(t, 1)
		_, l := s.model("a").StartLookup(context.Background(), 10)
		s.want(t, map[string]int64{"a": 0}, map[string]int64{"a": 0})
		for range 5 {
			s.look()
			s.want(t, map[string]int64{"a": 0, "_OTHER": 0}, map[string]int64{"a": 0, "_OTHER": 0})
		}
		l.Abandon()
		s.look()
		evicted(t, s.cumulative)
		evicted(t, s.delta)
		s.look()
		s.want(t, map[string]int64{"one more": 0, "_OTHER": 0}, map[string]int64{"one more": 0, "_OTHER": 0})
	})
	for name, end := range map[string]func(otelcache.Retrieve){
		"finished": func(r otelcache.Retrieve) { r.Finish(1) }, "failed": func(r otelcache.Retrieve) { r.Fail(errBroken) },
		"cancelled": func(r otelcache.Retrieve) { r.Fail(context.Canceled) }, "abandoned": func(r otelcache.Retrieve) { r.Abandon() },
	} {
		bubble(t, "not an operation that "+name, func(t *testing.T) {
			s := newEngineSet(t, 1)
			_, r := s.model("a").StartRetrieve(context.Background(), 10)
			end(r)
			r.Abandon()
			evicted(t, s.cumulative)
			s.look()
			if s.model("b").Engine().ModelName != "b" {
				t.Error("there is no room for b")
			}
		})
	}
	bubble(t, "event that a reader has not collected", func(t *testing.T) {
		s := newEngineSet(t, 1)
		s.want(t, map[string]int64{}, map[string]int64{})
		s.model("a").RecordEviction(1)
		for range 5 {
			evicted(t, s.cumulative) // and not the delta reader
			s.look()
		}
		if got := evicted(t, s.delta)["a"]; got != 1 {
			t.Fatalf("the delta reader got %d keys of a, want 1", got)
		}
		if s.model("b").Engine().ModelName != "b" {
			t.Error("there is no room for b after both have it")
		}
	})
	bubble(t, "events before the first collection", func(t *testing.T) {
		s := newEngineSet(t, 1)
		s.model("a").RecordEviction(1)
		for range 5 {
			s.look()
		}
		s.want(t, map[string]int64{"a": 1, "_OTHER": 0}, map[string]int64{"a": 1, "_OTHER": 0})
	})
	bubble(t, "not for a reader that is gone", func(t *testing.T) {
		s := newEngineSet(t, 1)
		s.want(t, map[string]int64{}, map[string]int64{})
		s.model("a").RecordEviction(1)
		for range 20 {
			evicted(t, s.cumulative)
			s.look()
		}
		if s.model("one more").Engine().ModelName != "one more" {
			t.Error("there is no room after 20 minutes in which one reader did not collect")
		}
	})
	bubble(t, "not without readers", func(t *testing.T) {
		s := openEngines(t, 1, idle, noProviders...)
		s.Monitor(otelcache.Engine{ModelName: "a"})
		var m *otelcache.Monitor
		for range 20 {
			time.Sleep(idle)
			m = s.Monitor(otelcache.Engine{ModelName: "b"})
		}
		if m.Engine().ModelName != "b" {
			t.Error("there is no room after 20 minutes")
		}
	})
}

// TestOtherEnginesKeepUnsetFieldsUnset checks each set of fields.
func TestOtherEnginesKeepUnsetFieldsUnset(t *testing.T) {
	s := newEngineSet(t, 1)
	s.model("first")
	for set := 1; set < 1<<4; set++ {
		var e, want otelcache.Engine
		for i, fields := range [][2]*string{
			{&e.ModelName, &want.ModelName},
			{&e.WorkerID, &want.WorkerID},
			{&e.Role, &want.Role},
			{&e.ServedModelName, &want.ServedModelName},
		} {
			if set>>i&1 == 1 {
				*fields[0], *fields[1] = fmt.Sprintf("value %d", i), "_OTHER"
			}
		}
		m := s.Monitor(e)
		if got := m.Engine(); got != want {
			t.Errorf("%+v counts as %+v, want %+v", e, got, want)
		}
		if e.Role = e.Role + e.Role; s.Monitor(e) != m {
			t.Errorf("another engine with the same fields has another monitor")
		}
	}
}

func TestEnginesTakeAnyName(t *testing.T) {
	s := newEngineSet(t, 3)
	m := s.model("a\xff")
	if got := m.Engine().ModelName; got != "a\uFFFD" {
		t.Errorf("the name is %q, want valid UTF-8", got)
	}
	if s.model("a\uFFFD") != m || s.model("a\xff") != m {
		t.Error("the same name has two monitors")
	}
	wantReport(t, s.misuse, otelcache.ErrMisuse, "a\uFFFD", "gen_ai.request.model")
	if empty := s.Monitor(otelcache.Engine{}); empty.Engine() != (otelcache.Engine{}) || empty == m {
		t.Error("the engine without a name has no monitor of its own")
	}
}

func TestInvalidEngines(t *testing.T) {
	for name, make := range map[string]func() (*otelcache.Engines, error){
		"limit 0":      func() (*otelcache.Engines, error) { return otelcache.NewEngines(0, idle) },
		"limit -1":     func() (*otelcache.Engines, error) { return otelcache.NewEngines(-1, idle) },
		"idle time 0s": func() (*otelcache.Engines, error) { return otelcache.NewEngines(1, 0) },
		"WithLogger(nil)": func() (*otelcache.Engines, error) {
			return otelcache.NewEngines(1, idle, otelcache.WithLogger(nil))
		},
	} {
		s, err := make()
		wantError(t, err, otelcache.ErrInvalidOption, name)
		m := s.Monitor(testEngine)
		m.RecordEviction(1)
		_, l := s.StartLookup(context.Background(), 1)
		l.FinishOn(m, 1)
		if err := s.Close(); err != nil {
			t.Errorf("Close of what came with an error: %v", err)
		}
	}
	refusing := &refusingProvider{meter: refusingMeter{instrument: "lmcache.lookup.requests"}}
	s, err := otelcache.NewEngines(1, idle, otelcache.WithMeterProvider(refusing))
	wantError(t, err, errRefused, "lmcache.lookup.requests")
	s.Monitor(testEngine).RecordEviction(1)
}

func TestClosedEngines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 1)
		dropped := s.model("dropped")
		s.want(t, map[string]int64{"dropped": 0}, map[string]int64{"dropped": 0})
		s.look()
		s.want(t, map[string]int64{"dropped": 0, "_OTHER": 0}, map[string]int64{"dropped": 0, "_OTHER": 0})
		a, other := s.model("a"), s.model("b")
		for _, m := range []*otelcache.Monitor{a, other} {
			closeMonitor(t, m) // does nothing
			m.RecordEviction(1)
		}
		s.want(t, map[string]int64{"a": 1, "_OTHER": 1}, map[string]int64{"a": 1, "_OTHER": 1})
		_, pending := s.StartLookup(context.Background(), 10)
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		time.Sleep(ms)
		pending.FinishOn(a, 10)
		for _, m := range []*otelcache.Monitor{dropped, a, other, s.model("a"), s.model("b"), s.model("c")} {
			m.RecordEviction(1)
			m.RecordChunkReuse(context.Background(), ms)
			_, l := m.StartLookup(context.Background(), 10)
			time.Sleep(ms)
			l.Fail(errBroken)
			_, err := m.Observe(instruments.Healthy, func() float64 { return 1 })
			wantError(t, err, otelcache.ErrClosed)
			closeMonitor(t, m)
		}
		_, pending = s.StartLookup(context.Background(), 10)
		time.Sleep(ms)
		pending.FinishOn(s.model("a"), 10)
		s.want(t, map[string]int64{}, map[string]int64{})
		for _, m := range collect(t, s.cumulative) {
			t.Errorf("%s is on the page of a closed set: %v", m.Name, m.Data)
		}
	})
}

// TestEnginesBesideMonitors has a monitor of the same engine on the same provider.
func TestEnginesBesideMonitors(t *testing.T) {
	s := newEngineSet(t, 2)
	own := openMonitor(t, otelcache.Engine{ModelName: "a"}, otelcache.WithMeterProvider(s.provider))
	own.RecordEviction(1)
	s.model("a").RecordEviction(2)
	s.model("b").RecordEviction(4)
	want := map[string]int64{"a": 3, "b": 4}
	s.want(t, want, want)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s.want(t, map[string]int64{"a": 3}, map[string]int64{"a": 0})
}

// TestKeptMonitorsBesideMonitors keeps the monitor of an engine that made room and
// then got a monitor that is not the set's.
func TestKeptMonitorsBesideMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 1)
		kept := s.model("a")
		s.want(t, map[string]int64{"a": 0}, map[string]int64{"a": 0})
		s.look()
		s.want(t, map[string]int64{"a": 0, "_OTHER": 0}, map[string]int64{"a": 0, "_OTHER": 0})
		s.model("b")
		s.want(t, map[string]int64{"b": 0, "_OTHER": 0}, map[string]int64{"b": 0, "_OTHER": 0})
		time.Sleep(idle)
		own := openMonitor(t, otelcache.Engine{ModelName: "a"}, otelcache.WithMeterProvider(s.provider))
		own.RecordEviction(1)
		kept.RecordEviction(2)
		kept.RecordEviction(4)
		if got := evicted(t, s.cumulative); got["a"] != 7 || len(got) != 2 {
			t.Errorf("got %v, want 7 of a", got)
		}
	})
}

// TestPendingLookups ends a lookup of a router in each way, with an engine that was
// chosen and one that was not.
func TestPendingLookups(t *testing.T) {
	const model = "{gen_ai.request.model=a}"
	for name, c := range map[string]struct {
		end  func(otelcache.PendingLookup, *otelcache.Monitor)
		fed  points
		span string
	}{
		"FinishOn": {func(l otelcache.PendingLookup, m *otelcache.Monitor) { l.FinishOn(m, 250) }, points{
			"lmcache.lookup.requests" + model: "1", "lmcache.lookup.requested_tokens" + model: "1000",
			"lmcache.lookup.hit_tokens" + model:       "250",
			"lmcache.lookup.duration" + model:         "sum 0.001, 1 ≤ 0.00128",
			"lmcache.lookup.request_hit_rate" + model: "sum 0.25, 1 ≤ 0.3",
			"lmcache.operation.phase.duration{gen_ai.request.model=a lmcache.operation=lookup lmcache.phase=verify_checksums}": "sum 0.001, 1 ≤ 0.00128",
		}, "{gen_ai.request.model=a lmcache.hit_rate=0.25 lmcache.request.id=r1 lmcache.tokens.hit=250 lmcache.tokens.requested=1000}"},
		"FailOn": {func(l otelcache.PendingLookup, m *otelcache.Monitor) { l.FailOn(m, errBroken) }, points{
			"lmcache.lookup.requests" + model: "1", "lmcache.lookup.requested_tokens" + model: "1000",
			"lmcache.lookup.failures" + model:                                                "1",
			"lmcache.lookup.duration{error.type=*errors.errorString gen_ai.request.model=a}": "sum 0.001, 1 ≤ 0.00128",
		}, "{error.type=*errors.errorString gen_ai.request.model=a lmcache.request.id=r1 lmcache.tokens.requested=1000}"},
		"FailOn, cancelled": {func(l otelcache.PendingLookup, m *otelcache.Monitor) { l.FailOn(m, context.Canceled) }, points{
			"lmcache.lookup.requests" + model: "1", "lmcache.lookup.requested_tokens" + model: "1000",
			"lmcache.lookup.cancelled" + model: "1",
		}, "{gen_ai.request.model=a lmcache.cancelled=true lmcache.request.id=r1 lmcache.tokens.requested=1000}"},
		"Fail": {
			func(l otelcache.PendingLookup, _ *otelcache.Monitor) { l.Fail(errBroken) },
			points{},
			"{error.type=*errors.errorString lmcache.request.id=r1 lmcache.tokens.requested=1000}",
		},
		"Abandon": {
			func(l otelcache.PendingLookup, _ *otelcache.Monitor) { l.Abandon() },
			points{},
			"{lmcache.cancelled=true lmcache.request.id=r1 lmcache.tokens.requested=1000}",
		},
		"FinishOn a nil monitor": {
			func(l otelcache.PendingLookup, _ *otelcache.Monitor) { l.FinishOn(nil, 250) },
			points{},
			"{lmcache.request.id=r1}",
		},
		"nothing": {func(otelcache.PendingLookup, *otelcache.Monitor) {}, points{}, ""},
	} {
		bubble(t, name, func(t *testing.T) {
			s := newEngineSet(t, 2)
			chosen := s.model("a")
			s.model("b")
			ctx, l := s.StartLookup(context.Background(), 1000)
			l.SetRequestID("r1")
			_, p := l.StartPhase(ctx, verifyChecksums)
			time.Sleep(ms)
			p.End()
			s.wantFed(t, points{})
			c.end(l, chosen)
			l.Abandon()
			s.wantFed(t, c.fed)
			got := ""
			for _, span := range s.spans.Ended() {
				if span.Name() == "lmcache.lookup" {
					got = besides(t, "the lookup", attribute.NewSet(span.Attributes()...), *attribute.EmptySet())
				}
			}
			if name == "nothing" {
				l.Abandon()
			} else if got != c.span {
				t.Errorf("the span has %s, want %s", got, c.span)
			}
		})
	}
}

// wantFed compares the data points that are not 0.
func (s *engineSet) wantFed(t *testing.T, want points) {
	t.Helper()
	got := pointsOf(t, collect(t, s.cumulative), *attribute.EmptySet())
	maps.DeleteFunc(got, func(_, value string) bool { return value == "0" })
	wantPoints(t, got, want)
}

// TestPendingLookupEndsOnce checks that a second end is reported and counts nowhere.
func TestPendingLookupEndsOnce(t *testing.T) {
	s := newEngineSet(t, 2)
	_, l := s.StartLookup(context.Background(), 10)
	l.FinishOn(s.model("a"), 5)
	l.FinishOn(s.model("b"), 5)
	wantReport(t, s.misuse, otelcache.ErrMisuse, "finished again", "lmcache.lookup")
	got := pointsOf(t, collect(t, s.cumulative), *attribute.EmptySet())
	if a, b := got["lmcache.lookup.requests{gen_ai.request.model=a}"], got["lmcache.lookup.requests{gen_ai.request.model=b}"]; a != "1" || b != "0" {
		t.Errorf("a has %s lookups and b %s, want 1 and 0", a, b)
	}
}

// TestPendingLookupOfAnEngineThatMadeRoom ends a lookup on a kept monitor.
func TestPendingLookupOfAnEngineThatMadeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEngineSet(t, 1)
		kept := s.model("a")
		_, l := s.StartLookup(context.Background(), 10)
		s.want(t, map[string]int64{"a": 0}, map[string]int64{"a": 0})
		s.look()
		s.model("b")
		l.FinishOn(kept, 5)
		got := pointsOf(t, collect(t, s.cumulative), *attribute.EmptySet())
		if n := got["lmcache.lookup.hit_tokens{gen_ai.request.model=_OTHER}"]; n != "5" {
			t.Errorf("%q hits of others, want 5", n)
		}
	})
}

// TestEnginesWithAttributes checks that they are on spans and metrics of every
// engine, others included.
func TestEnginesWithAttributes(t *testing.T) {
	s := newEngineSet(t, 1, otelcache.WithAttributes(attribute.String("tenant", "t"), attribute.Int("shard", 7)))
	for _, name := range []string{"a", "b"} {
		_, l := s.model(name).StartLookup(context.Background(), 10)
		l.Finish(5)
	}
	got := pointsOf(t, collect(t, s.cumulative), attribute.NewSet(attribute.String("tenant", "t"), attribute.Int("shard", 7)))
	for _, model := range []string{"a", "_OTHER"} {
		if n := got["lmcache.lookup.hit_tokens{gen_ai.request.model="+model+"}"]; n != "5" {
			t.Errorf("%s has %q hits, want 5", model, n)
		}
	}
	for _, span := range s.spans.Ended() {
		if attrs := attribute.NewSet(span.Attributes()...); !hasInt(attrs, "shard", 7) {
			t.Errorf("the span has %v, want the shard", attrs.ToSlice())
		}
	}
}

// Behind OpenTelemetry's own global provider, once it has a delegate. A process has
// one delegate.
var (
	globalProvider = otel.GetMeterProvider()
	globalReaders  = [2]*sdkmetric.ManualReader{sdkmetric.NewManualReader(), sdkmetric.NewManualReader()}
	delegate       = sync.OnceFunc(func() {
		otel.SetMeterProvider(sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(globalReaders[0]), sdkmetric.WithReader(globalReaders[1])))
	})
)

// TestReadersBehindTheGlobalProvider checks that they are told apart, and that each
// of them stays the same from one collection to the next.
func TestReadersBehindTheGlobalProvider(t *testing.T) {
	s := openEngines(t, 1, 10*ms, otelcache.WithMeterProvider(globalProvider), untraced)
	delegate()
	for _, r := range globalReaders {
		collect(t, r)
	}
	model := func(name string) *otelcache.Monitor { return s.Monitor(otelcache.Engine{ModelName: name}) }
	model("a").RecordEviction(1)
	for range 5 {
		collect(t, globalReaders[0]) // and not the other
		model("b")
		time.Sleep(15 * ms)
	}
	if got := evicted(t, globalReaders[1])["a"]; got != 1 {
		t.Fatalf("the other reader got %d keys of a, want 1", got)
	}
	collect(t, globalReaders[0])
	model("b")
	time.Sleep(15 * ms)
	if got := model("b").Engine().ModelName; got != "b" {
		t.Errorf("got the engine %s after both have collected, want b", got)
	}
}

// TestMemoryOfAnIdleEngine logs what an engine costs of which nothing happens.
func TestMemoryOfAnIdleEngine(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory")
	}
	const engines, most = 1000, 20 << 10
	s := openEngines(t, engines, idle, otelcache.WithMeterProvider(sdkMeterProvider()), untraced)
	s.Monitor(otelcache.Engine{ModelName: "first"})
	before := bytesInUse()
	for i := range engines - 1 {
		s.Monitor(otelcache.Engine{ModelName: strconv.Itoa(i)})
	}
	each := (bytesInUse() - before) / (engines - 1)
	runtime.KeepAlive(s)
	t.Logf("%d bytes", each)
	if each > most {
		t.Errorf("an idle engine takes %d bytes, want at most %d", each, most)
	}
}

// BenchmarkEnginesMonitor asks for an engine that the set has.
func BenchmarkEnginesMonitor(b *testing.B) {
	for _, engines := range []int{1, 1000} {
		b.Run(fmt.Sprintf("engines=%d", engines), func(b *testing.B) {
			s := openEngines(b, engines, idle, otelcache.WithMeterProvider(sdkMeterProvider()), untraced)
			names := make([]otelcache.Engine, engines)
			for i := range names {
				names[i] = benchEngine
				names[i].WorkerID = strconv.Itoa(i)
				s.Monitor(names[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Monitor(names[i%engines])
			}
		})
	}
}

// TestEngineThatItsOwnerClosed: the set makes a monitor of its own after the owner
// of the engine's first one has closed it.
func TestEngineThatItsOwnerClosed(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	mp := otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	e := otelcache.Engine{ModelName: "a"}
	owned, err := otelcache.New(e, mp, untraced)
	if err != nil {
		t.Fatal(err)
	}
	s := openEngines(t, 2, idle, mp, untraced)
	if s.Monitor(e) != owned {
		t.Error("the set has a second monitor of one engine")
	}
	closeMonitor(t, owned)
	s.Monitor(e).RecordEviction(3)
	if got := evicted(t, reader); !maps.Equal(got, map[string]int64{"a": 3}) {
		t.Errorf("got %v, want 3 of a", got)
	}
}
