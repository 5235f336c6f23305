// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// clientGolang records the metrics of requests with Prometheus's client
// library: labels resolved once, no traces.
type clientGolang struct {
	retrieveRequests, retrieveRequested, retrieveHits          prometheus.Counter
	lookupRequests, lookupRequested, lookupHits, lookupZeroHit prometheus.Counter
	storeRequests, storeTokens                                 prometheus.Counter
	transferRequests, transferTokens                           prometheus.Counter

	retrieveDuration, retrieveSpeed, retrieveTokens, retrieveBroadcast, retrieveToGPU prometheus.Observer
	lookupDuration, lookupHitRate                                                     prometheus.Observer
	storeDuration, storeSpeed, storeProcessTokens, storeFromGPU, storePut             prometheus.Observer
	transferDuration, transferSpeed                                                   prometheus.Observer
}

func newClientGolang(e otelcache.Engine, registry prometheus.Registerer) *clientGolang {
	labels := []string{"model_name", "worker_id", "role", "served_model_name"}
	values := []string{e.ModelName, e.WorkerID, e.Role, e.ServedModelName}
	counter := func(c instruments.Counter) prometheus.Counter {
		m := c.Metric()
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricName(m), Help: m.Description}, labels)
		registry.MustRegister(vec)
		return vec.WithLabelValues(values...)
	}
	histogram := func(h instruments.Histogram) prometheus.Observer {
		m := h.Metric()
		vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: metricName(m), Help: m.Description, Buckets: m.Bounds}, labels)
		registry.MustRegister(vec)
		return vec.WithLabelValues(values...)
	}
	return &clientGolang{
		retrieveRequests:   counter(instruments.RetrieveRequests),
		retrieveRequested:  counter(instruments.RetrieveRequestedTokens),
		retrieveHits:       counter(instruments.RetrieveHitTokens),
		lookupRequests:     counter(instruments.LookupRequests),
		lookupRequested:    counter(instruments.LookupRequestedTokens),
		lookupHits:         counter(instruments.LookupHitTokens),
		lookupZeroHit:      counter(instruments.LookupZeroHitRequests),
		storeRequests:      counter(instruments.StoreRequests),
		storeTokens:        counter(instruments.StoreTokens),
		transferRequests:   counter(instruments.P2PTransferRequests),
		transferTokens:     counter(instruments.P2PTransferTokens),
		retrieveDuration:   histogram(instruments.RetrieveDuration),
		retrieveSpeed:      histogram(instruments.RetrieveSpeed),
		retrieveTokens:     histogram(instruments.RetrieveProcessTokensDuration),
		retrieveBroadcast:  histogram(instruments.RetrieveBroadcastDuration),
		retrieveToGPU:      histogram(instruments.RetrieveToGPUDuration),
		lookupDuration:     histogram(instruments.LookupDuration),
		lookupHitRate:      histogram(instruments.LookupRequestHitRate),
		storeDuration:      histogram(instruments.StoreDuration),
		storeSpeed:         histogram(instruments.StoreSpeed),
		storeProcessTokens: histogram(instruments.StoreProcessTokensDuration),
		storeFromGPU:       histogram(instruments.StoreFromGPUDuration),
		storePut:           histogram(instruments.StorePutDuration),
		transferDuration:   histogram(instruments.P2PTransferDuration),
		transferSpeed:      histogram(instruments.P2PTransferSpeed),
	}
}

func (c *clientGolang) lookup(w work) {
	start := time.Now()
	c.lookupRequests.Inc()
	c.lookupRequested.Add(float64(w.tokens))
	c.lookupHits.Add(float64(w.hits))
	c.lookupDuration.Observe(time.Since(start).Seconds())
	if w.hits == 0 {
		c.lookupZeroHit.Inc()
	} else {
		c.lookupHitRate.Observe(float64(w.hits) / float64(w.tokens))
	}
}

func (c *clientGolang) retrieve(w work) {
	start := time.Now()
	c.retrieveRequests.Inc()
	c.retrieveRequested.Add(float64(w.tokens))
	for _, phase := range []prometheus.Observer{c.retrieveTokens, c.retrieveBroadcast, c.retrieveToGPU} {
		start := time.Now()
		phase.Observe(time.Since(start).Seconds())
	}
	elapsed := time.Since(start).Seconds()
	c.retrieveHits.Add(float64(w.hits))
	c.retrieveDuration.Observe(elapsed)
	if w.hits > 0 {
		c.retrieveSpeed.Observe(float64(w.hits) / elapsed)
	}
}

func (c *clientGolang) store(w work) {
	start := time.Now()
	c.storeRequests.Inc()
	for _, phase := range []prometheus.Observer{c.storeProcessTokens, c.storeFromGPU, c.storePut} {
		start := time.Now()
		phase.Observe(time.Since(start).Seconds())
	}
	elapsed := time.Since(start).Seconds()
	c.storeTokens.Add(float64(w.tokens))
	c.storeDuration.Observe(elapsed)
	c.storeSpeed.Observe(float64(w.tokens) / elapsed)
}

func (c *clientGolang) transfer(w work) {
	start := time.Now()
	c.transferRequests.Inc()
	c.transferTokens.Add(float64(w.tokens))
	elapsed := time.Since(start).Seconds()
	c.transferDuration.Observe(elapsed)
	c.transferSpeed.Observe(float64(w.tokens) / elapsed)
}

// metricName returns the catalog's name in characters that are valid in every
// version of Prometheus.
func metricName(m instruments.Metric) string { return strings.ReplaceAll(m.Name, ".", "_") }
