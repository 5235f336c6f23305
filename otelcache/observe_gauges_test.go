// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"fmt"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// observableGauges is every gauge that a callback feeds.
var observableGauges = []instruments.ObservableGauge{
	instruments.ChunkStatisticsEnabled,
	instruments.ChunkStatisticsRequests,
	instruments.ChunkStatisticsChunks,
	instruments.ChunkStatisticsUniqueChunks,
	instruments.ChunkStatisticsReuseRate,
	instruments.ChunkStatisticsBloomFilterSize,
	instruments.ChunkStatisticsBloomFilterFillRate,
	instruments.ChunkStatisticsFiles,
	instruments.ChunkStatisticsFileSize,
	instruments.SchedulerUnfinishedRequests,
	instruments.ConnectorLoadSpecs,
	instruments.ConnectorRequestTrackers,
	instruments.ConnectorKVCaches,
	instruments.ConnectorLayerwiseRetrievers,
	instruments.ConnectorInvalidBlockIDs,
	instruments.ConnectorRequestsPriority,
	instruments.Healthy,
	instruments.GetBlockingFailures,
	instruments.PutFailures,
	instruments.LocalCPUHotCacheEntries,
	instruments.LocalCPUKeysInRequest,
	instruments.PinMonitorPinnedObjects,
	instruments.KVMessageQueueSize,
	instruments.RemotePutTasks,
	instruments.StorageEventsOngoing,
	instruments.StorageEventsDone,
	instruments.StorageEventsNotFound,
	instruments.PeriodicThreadsTotal,
	instruments.PeriodicThreadsRunning,
	instruments.PeriodicThreadsActive,
	instruments.PeriodicThreadsCriticalTotal,
	instruments.PeriodicThreadsCriticalRunning,
	instruments.PeriodicThreadsCriticalActive,
	instruments.PeriodicThreadsHighTotal,
	instruments.PeriodicThreadsHighRunning,
	instruments.PeriodicThreadsHighActive,
	instruments.PeriodicThreadsMediumTotal,
	instruments.PeriodicThreadsMediumRunning,
	instruments.PeriodicThreadsMediumActive,
	instruments.PeriodicThreadsLowTotal,
	instruments.PeriodicThreadsLowRunning,
	instruments.PeriodicThreadsLowActive,
}

func TestObserveFeedsEveryGauge(t *testing.T) {
	tel := newTelemetry(t)
	want := points{}
	for i, g := range observableGauges {
		value := float64(i) + 0.5 // one of its own for each, and not a whole number
		if _, err := tel.Observe(g, func() float64 { return value }); err != nil {
			t.Fatal(err)
		}
		want[g.Metric().Name] = fmt.Sprint(value)
	}
	wantPoints(t, tel.fed(t), want)
	observable := 0
	for _, m := range instruments.All() {
		if m.Kind != instruments.KindObservableGauge {
			continue
		}
		observable++
		if want[m.Name] == "" {
			t.Errorf("observableGauges lacks %s", m.Name)
		}
	}
	if observable != 42 || len(observableGauges) != 42 {
		t.Errorf("the catalog has %d observable gauges, the test %d, want 42", observable, len(observableGauges))
	}
}

// TestObserveHasTheCatalogsWords checks that gauges arrive as gauges with the unit and description of the catalog.
func TestObserveHasTheCatalogsWords(t *testing.T) {
	tel := newTelemetry(t)
	for _, g := range observableGauges {
		if _, err := tel.Observe(g, func() float64 { return -1 }); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]metricdata.Metrics{}
	for _, m := range collect(t, tel.reader) {
		got[m.Name] = m
	}
	for _, g := range observableGauges {
		want, m := g.Metric(), got[g.Metric().Name]
		gauge, ok := m.Data.(metricdata.Gauge[float64])
		if !ok || len(gauge.DataPoints) != 1 || gauge.DataPoints[0].Value != -1 || gauge.DataPoints[0].Attributes != testIdentity {
			t.Errorf("%s is %+v, want a gauge of -1 with the engine's identity", want.Name, m.Data)
		}
		if m.Unit != want.Unit || m.Description != want.Description {
			t.Errorf("%s is %q in %q, want %q in %q", want.Name, m.Description, m.Unit, want.Description, want.Unit)
		}
	}
}

// TestObserveIsCalledOncePerReader checks that each reader gets the value of its own collection.
func TestObserveIsCalledOncePerReader(t *testing.T) {
	a, b := sdkmetric.NewManualReader(), sdkmetric.NewManualReader()
	m := openMonitor(t, testEngine, otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(a), sdkmetric.WithReader(b))))
	var calls float64
	if _, err := m.Observe(instruments.RemotePutTasks, func() float64 { calls++; return calls }); err != nil {
		t.Fatal(err)
	}
	for i, r := range []sdkmetric.Reader{a, b, b, a} {
		got := pointsOf(t, collect(t, r), testIdentity)[instruments.RemotePutTasks.Metric().Name]
		if want := fmt.Sprint(i + 1); got != want {
			t.Errorf("collection %d got %q, want %s", i+1, got, want)
		}
	}
}
