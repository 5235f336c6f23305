// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// clientGolang is the metrics alone, with Prometheus's client library: labels are
// resolved once, and there are no spans and no exemplars.
type clientGolang struct {
	retrieveRequests, retrieveRequested, retrieveHits          prometheus.Counter
	lookupRequests, lookupRequested, lookupHits, lookupZeroHit prometheus.Counter
	lookupMissed                                               prometheus.Counter
	storeRequests, storeTokens                                 prometheus.Counter
	transferRequests, transferTokens                           prometheus.Counter

	retrieveDuration, retrieveSpeed, retrieveTokens, retrieveBroadcast, retrieveToGPU prometheus.Observer
	lookupDuration, lookupHitRate                                                     prometheus.Observer
	storeDuration, storeSpeed, storeProcessTokens, storeFromGPU, storePut             prometheus.Observer
	transferDuration, transferSpeed                                                   prometheus.Observer
}

func openClientGolang(_ testing.TB, out outputs, engines []otelcache.Engine) []requests {
	all := make([]requests, len(engines))
	for i, c := range newClientGolang(out.registry, engines) {
		all[i] = c
	}
	return all
}

func newClientGolang(registry prometheus.Registerer, engines []otelcache.Engine) []*clientGolang {
	labels := []string{"model_name", "worker_id", "role", "served_model_name"}
	counters, histograms := map[string]*prometheus.CounterVec{}, map[string]*prometheus.HistogramVec{}
	for _, m := range instruments.All() {
		switch m.Kind {
		case instruments.KindCounter:
			counters[m.Name] = prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricName(m), Help: m.Description}, labels)
			registry.MustRegister(counters[m.Name])
		case instruments.KindHistogram:
			opts := prometheus.HistogramOpts{Name: metricName(m), Help: m.Description, Buckets: m.Bounds}
			histograms[m.Name] = prometheus.NewHistogramVec(opts, labels)
			registry.MustRegister(histograms[m.Name])
		}
	}
	var all []*clientGolang
	for _, e := range engines {
		values := []string{e.ModelName, e.WorkerID, e.Role, e.ServedModelName}
		counter := func(c instruments.Counter) prometheus.Counter {
			return counters[c.String()].WithLabelValues(values...)
		}
		histogram := func(h instruments.Histogram) prometheus.Observer {
			return histograms[h.String()].WithLabelValues(values...)
		}
		all = append(all, &clientGolang{
			retrieveRequests:   counter(instruments.RetrieveRequests),
			retrieveRequested:  counter(instruments.RetrieveRequestedTokens),
			retrieveHits:       counter(instruments.RetrieveHitTokens),
			lookupRequests:     counter(instruments.LookupRequests),
			lookupRequested:    counter(instruments.LookupRequestedTokens),
			lookupHits:         counter(instruments.LookupHitTokens),
			lookupZeroHit:      counter(instruments.LookupZeroHitRequests),
			lookupMissed:       counter(instruments.LookupMissedTokens),
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
		})
	}
	return all
}

func (c *clientGolang) lookup(_ context.Context, w work) {
	start := time.Now()
	c.lookupRequests.Inc()
	c.lookupRequested.Add(float64(w.tokens))
	w.do(0)
	c.lookupHits.Add(float64(w.hits))
	if missed := w.tokens - w.hits; missed > 0 {
		c.lookupMissed.Add(float64(missed))
	}
	c.lookupDuration.Observe(time.Since(start).Seconds())
	if w.hits == 0 {
		c.lookupZeroHit.Inc()
	} else {
		c.lookupHitRate.Observe(float64(w.hits) / float64(w.tokens))
	}
}

func (c *clientGolang) phase(h prometheus.Observer, w work, step int) {
	start := time.Now()
	w.do(step)
	h.Observe(time.Since(start).Seconds())
}

func (c *clientGolang) retrieve(_ context.Context, w work) {
	start := time.Now()
	c.retrieveRequests.Inc()
	c.retrieveRequested.Add(float64(w.tokens))
	c.phase(c.retrieveTokens, w, 1)
	c.phase(c.retrieveBroadcast, w, 2)
	c.phase(c.retrieveToGPU, w, 3)
	elapsed := time.Since(start).Seconds()
	c.retrieveHits.Add(float64(w.hits))
	c.retrieveDuration.Observe(elapsed)
	if w.hits > 0 {
		c.retrieveSpeed.Observe(float64(w.hits) / elapsed)
	}
}

func (c *clientGolang) store(_ context.Context, w work) {
	start := time.Now()
	c.storeRequests.Inc()
	c.phase(c.storeProcessTokens, w, 1)
	c.phase(c.storeFromGPU, w, 2)
	c.phase(c.storePut, w, 3)
	elapsed := time.Since(start).Seconds()
	c.storeTokens.Add(float64(w.tokens))
	c.storeDuration.Observe(elapsed)
	c.storeSpeed.Observe(float64(w.tokens) / elapsed)
}

func (c *clientGolang) transfer(_ context.Context, w work) {
	start := time.Now()
	c.transferRequests.Inc()
	c.transferTokens.Add(float64(w.tokens))
	w.do(0)
	elapsed := time.Since(start).Seconds()
	c.transferDuration.Observe(elapsed)
	c.transferSpeed.Observe(float64(w.tokens) / elapsed)
}

// metricName returns the catalog's name in characters that are valid in every
// version of Prometheus.
func metricName(m instruments.Metric) string { return strings.ReplaceAll(m.Name, ".", "_") }
