// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// sdkLimit is the SDK's default from 1.44 on.
const sdkLimit = 2000

// oneByOne opens and closes so many engines on a provider that has another one.
func oneByOne(t *testing.T, mp metric.MeterProvider, engines int, name func(int) string) {
	t.Helper()
	for i := range engines {
		m, err := otelcache.New(otelcache.Engine{WorkerID: name(i)}, otelcache.WithMeterProvider(mp), untraced)
		if err != nil {
			t.Fatal(err)
		}
		closeMonitor(t, m)
	}
}

// TestEnginesAtTheLimit has one engine more than the SDK keeps series of. Engines
// that come back count once.
func TestEnginesAtTheLimit(t *testing.T) {
	reports := captureReports(t)
	mp := sdkmetric.NewMeterProvider()
	openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced)
	for range 2 {
		oneByOne(t, mp, sdkLimit-2, strconv.Itoa)
	}
	if errs := reports.take(); len(errs) != 0 {
		t.Errorf("reported %v of %d engines", errs, sdkLimit-1)
	}
	oneByOne(t, mp, 1, func(int) string { return "one more" })
	wantReport(t, reports, nil, "2000 engines", "otel.metric.overflow", "WithCardinalityLimit")
	oneByOne(t, mp, 10, func(i int) string { return "late " + strconv.Itoa(i) })
	m := openMonitor(t, otelcache.Engine{WorkerID: "last"}, otelcache.WithMeterProvider(mp), untraced)
	failRetrieve(m, "broken") // counts nowhere any more
}

// failRetrieve records a retrieve that failed.
func failRetrieve(m *otelcache.Monitor, errorType string) {
	end := time.Now()
	m.RecordRetrieve(context.Background(), otelcache.Record{Start: end.Add(-ms), End: end, Tokens: 1, Err: namedError(errorType)})
}

// namedError is an error of that type.
type namedError string

func (e namedError) Error() string     { return string(e) }
func (e namedError) ErrorType() string { return string(e) }

// TestErrorTypesAtTheLimit has the failures of few engines reach the limit of one
// histogram, in that moment in which the SDK does so.
func TestErrorTypesAtTheLimit(t *testing.T) {
	const engines, errorTypes = 80, 24
	reports := captureReports(t)
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(sdkLimit))
	var monitors []*otelcache.Monitor
	for i := range engines {
		m := openMonitor(t, otelcache.Engine{WorkerID: strconv.Itoa(i)}, otelcache.WithMeterProvider(mp), untraced)
		end := time.Now()
		m.RecordRetrieve(context.Background(), otelcache.Record{Start: end.Add(-ms), End: end, Tokens: 1, Hits: 1})
		monitors = append(monitors, m)
	}
	series := engines
	fail := func(m *otelcache.Monitor, errorType int) {
		for range 2 { // the second is no more series
			failRetrieve(m, "type "+strconv.Itoa(errorType))
		}
		series++
	}
	for i := range errorTypes - 1 {
		for _, m := range monitors {
			fail(m, i)
		}
	}
	for _, m := range monitors[:sdkLimit-1-series] {
		fail(m, errorTypes)
	}
	if n, lost := retrieveSeries(t, reader); n != sdkLimit-1 || lost != 0 {
		t.Fatalf("the SDK has %d series and lost %d values, want all %d", n, lost, sdkLimit-1)
	}
	if errs := reports.take(); len(errs) != 0 {
		t.Errorf("reported %v before the SDK lost anything", errs)
	}
	fail(monitors[engines-1], errorTypes)
	wantReport(t, reports, nil, "lmcache.retrieve.duration may have 2000 series, of 80 engines", "WithCardinalityLimit")
	if n, lost := retrieveSeries(t, reader); n != sdkLimit || lost != 2 {
		t.Errorf("the SDK has %d series and lost %d values, want %d and 2", n, lost, sdkLimit)
	}

	late := openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced)
	failRetrieve(late, "type 0")
	end := time.Now()
	late.RecordRetrieve(context.Background(), otelcache.Record{Start: end.Add(-ms), End: end, Tokens: 1, Hits: 1})
	if n, lost := retrieveSeries(t, reader); n != sdkLimit || lost != 4 {
		t.Errorf("the SDK has %d series and lost %d values, want %d and all of an engine that came later", n, lost, sdkLimit)
	}
}

// retrieveSeries returns how many series the durations of retrieves have, and how
// many values are in the one for what is beyond the SDK's limit.
func retrieveSeries(t *testing.T, reader sdkmetric.Reader) (n int, lost uint64) {
	t.Helper()
	for _, m := range collect(t, reader) {
		if m.Name != instruments.RetrieveDuration.String() {
			continue
		}
		for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
			n++
			if _, ok := p.Attributes.Value("otel.metric.overflow"); ok {
				lost = p.Count
			}
		}
	}
	return n, lost
}

// TestNoLimit has more engines than the SDK keeps series of, on providers to which
// its limit does not apply.
func TestNoLimit(t *testing.T) {
	for name, mp := range map[string]metric.MeterProvider{
		"histograms that end": newBinding(sdkmetric.NewManualReader()), "no SDK": metricnoop.NewMeterProvider(),
	} {
		t.Run(name, func(t *testing.T) {
			captureReports(t)
			openMonitor(t, testEngine, otelcache.WithMeterProvider(mp), untraced)
			oneByOne(t, mp, sdkLimit+10, strconv.Itoa)
		})
	}
}
