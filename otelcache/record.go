// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// distributionID is the place of a histogram in a monitor.
type distributionID uint8

const (
	noDistribution distributionID = iota
	retrieveDuration
	retrieveSpeed
	retrieveProcessTokensDuration
	retrieveBroadcastDuration
	retrieveToGPUDuration
	retrieveRemoteBatchedGetDuration
	retrieveConnectorBatchedGetDuration
	storeDuration
	storeSpeed
	storeProcessTokensDuration
	storeFromGPUDuration
	storePutDuration
	lookupDuration
	lookupRequestHitRate
	transferDuration
	transferSpeed
	remoteGetDuration
	remotePutDuration
	remoteGetSyncDuration
	chunkLifespan
	numDistributions
)

var histogramMetrics = [numDistributions]instruments.Histogram{
	retrieveDuration:                    instruments.RetrieveDuration,
	retrieveSpeed:                       instruments.RetrieveSpeed,
	retrieveProcessTokensDuration:       instruments.RetrieveProcessTokensDuration,
	retrieveBroadcastDuration:           instruments.RetrieveBroadcastDuration,
	retrieveToGPUDuration:               instruments.RetrieveToGPUDuration,
	retrieveRemoteBatchedGetDuration:    instruments.RetrieveRemoteBatchedGetDuration,
	retrieveConnectorBatchedGetDuration: instruments.RetrieveConnectorBatchedGetDuration,
	storeDuration:                       instruments.StoreDuration,
	storeSpeed:                          instruments.StoreSpeed,
	storeProcessTokensDuration:          instruments.StoreProcessTokensDuration,
	storeFromGPUDuration:                instruments.StoreFromGPUDuration,
	storePutDuration:                    instruments.StorePutDuration,
	lookupDuration:                      instruments.LookupDuration,
	lookupRequestHitRate:                instruments.LookupRequestHitRate,
	transferDuration:                    instruments.P2PTransferDuration,
	transferSpeed:                       instruments.P2PTransferSpeed,
	remoteGetDuration:                   instruments.RemoteGetDuration,
	remotePutDuration:                   instruments.RemotePutDuration,
	remoteGetSyncDuration:               instruments.RemoteGetSyncDuration,
	chunkLifespan:                       instruments.ChunkLifespan,
}

// wantsTimes reports whether anything wants to know the time that an operation takes: reading the clock is most of what an operation
// costs that nobody looks at.
func (m *Monitor) wantsTimes(ctx context.Context, kind *operationKind) bool {
	if m.distributions.Load() != nil || m.slowTime > 0 || m.slowSpeed > 0 {
		return true
	}
	for _, id := range kind.times {
		if m.histograms[id].Enabled(ctx) {
			return true
		}
	}
	for _, id := range kind.phases {
		if id != noDistribution && m.histograms[id].Enabled(ctx) {
			return true
		}
	}
	return false
}

// recordDuration puts d into a histogram, with the context of what took that long.
func (m *Monitor) recordDuration(ctx context.Context, id distributionID, d time.Duration) {
	if all := m.distributions.Load(); all != nil {
		all[id].recordDuration(d)
	}
	m.recordHistogram(ctx, id, d.Seconds())
}

// record puts a value that is not a duration into a histogram.
func (m *Monitor) record(ctx context.Context, id distributionID, v float64) {
	if all := m.distributions.Load(); all != nil {
		all[id].record(v)
	}
	m.recordHistogram(ctx, id, v)
}

func (m *Monitor) recordHistogram(ctx context.Context, id distributionID, v float64) {
	if m.closed.Load() {
		return // the SDK would bring the series of a closed engine back
	}
	m.histograms[id].Record(orBackground(ctx), v, m.recordOptions...)
}

// recordFailure puts the duration of a failed operation into the OpenTelemetry histogram only: LMCache's statistics know finished
// operations alone.
func (m *Monitor) recordFailure(ctx context.Context, id distributionID, d time.Duration, errorType attribute.KeyValue) {
	if id == noDistribution || m.closed.Load() {
		return
	}
	attrs := append(m.identity[:len(m.identity):len(m.identity)], errorType)
	m.histograms[id].Record(ctx, d.Seconds(), metric.WithAttributes(attrs...))
}

func (m *Monitor) countFinishedRetrieve(now time.Duration, requested, hits int64) {
	m.retrieveRate.enter(now)
	m.counters.add(retrieveFinishedTokens, requested)
	m.counters.add(retrieveHitTokens, hits)
}

func (m *Monitor) countFinishedLookup(now time.Duration, requested, hits int64) {
	m.lookupRate.enter(now)
	m.counters.add(lookupFinishedTokens, requested)
	m.counters.add(lookupHitTokens, hits)
}

// collect is the callback of the observable instruments.
func (m *Monitor) collect(_ context.Context, o metric.Observer) error {
	for id, value := range m.counters.load() {
		if c := m.set.Counter(counterMetrics[id]); c != nil {
			o.ObserveInt64(c, value, m.observeOptions...)
		}
	}
	o.ObserveInt64(m.set.UpDownCounter(instruments.MemoryPinnedObjects), m.pinned.Load(), m.observeOptions...)
	for id := range m.gauges {
		if v, ok := m.gauges[id].load(); ok {
			o.ObserveFloat64(m.set.Gauge(gaugeMetrics[id]), v, m.observeOptions...)
		}
	}
	now := m.now()
	if rate, ok := m.retrieveRate.last(now); ok {
		o.ObserveFloat64(m.set.Gauge(instruments.RetrieveHitRate), rate, m.observeOptions...)
	}
	if rate, ok := m.lookupRate.last(now); ok {
		o.ObserveFloat64(m.set.Gauge(instruments.LookupHitRate), rate, m.observeOptions...)
	}
	for _, g := range m.observed.all() {
		if v, ok := m.read(g); ok {
			o.ObserveFloat64(m.set.ObservableGauge(g.gauge), v, m.observeOptions...)
		}
	}
	return nil
}
