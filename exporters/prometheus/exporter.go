// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Exporter is the reader of a meter provider that Prometheus scrapes. It is made by [New], belongs to one meter provider, and is safe
// for concurrent use. A second provider that is given it is not read: the page stays the first one's, and the SDK reports the
// mistake as an error to its log. Shutting the meter provider down shuts the exporter down; scrapes fail from then on.
type Exporter struct {
	sdkmetric.Reader

	mu          sync.Mutex                 // held for a collection and what is made of it: scrapes take turns
	interrupted bool                       // the last collection panicked
	collected   metricdata.ResourceMetrics // its memory is used again
	ours        []*metricdata.Metrics      // those of this module, in collected
	located     []*metricdata.Metrics      // the same by their place in the catalog, or notCollected
	engines     engines
	families    []family // of the LMCache vocabulary; nil without it
	native      *native  // nil without the OTel vocabulary
}

// New returns an exporter, to be given to a meter provider with [sdkmetric.WithReader]. The error is about an option.
func New(opts ...Option) (*Exporter, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("prometheus exporter: %w", err)
	}
	e := &Exporter{Reader: sdkmetric.NewManualReader(), located: make([]*metricdata.Metrics, len(catalog)), engines: newEngines()}
	if c.vocabulary.hasLMCache() {
		e.families = newFamilies(c.views)
	}
	if c.vocabulary.hasOTel() {
		if e.native, err = newNative(); err != nil {
			return nil, fmt.Errorf("prometheus exporter: %w", err)
		}
	}
	return e, nil
}

// Gatherer returns what [Exporter.Handler] serves, for programs that merge it with other gatherers or push it. Families are in
// the order of their names. They must not be changed.
//
// It fails when the exporter has no meter provider or was shut down, when a callback of the host panics, and when metrics of the host end up
// as the same series. An error of some callback does not make it fail: it goes to [otel.Handle], and what was collected is returned.
func (e *Exporter) Gatherer() client.Gatherer { return client.GathererFunc(e.gather) }

func (e *Exporter) gather() (families []*dto.MetricFamily, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// A callback of the host that panics costs the scrape. An HTTP server would live on, but not everybody gathers in one.
	defer func() {
		if p := recover(); p != nil {
			families, err = nil, fmt.Errorf("collect metrics: panic: %v", p)
		}
	}()
	if err := e.collect(); err != nil {
		return nil, err
	}
	// Before OTel's, which renames metrics.
	var lmcache []*dto.MetricFamily
	if len(e.engines.live.engines) > 0 {
		for i := range e.families {
			f := &e.families[i]
			lmcache = append(lmcache, f.make(e.located[f.place], &e.engines))
		}
	}
	if e.native != nil {
		families, err = e.native.gather(&e.collected, e.located)
	}
	families = append(families, lmcache...)
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return families, err
}

// collect reads the meter provider and leaves the series of live engines.
func (e *Exporter) collect() error {
	if e.interrupted {
		// The SDK keeps what was observed before a callback panicked, and would add it to what is observed now.
		_ = e.Collect(context.Background(), &e.collected)
	}
	e.interrupted = true
	err := e.Collect(context.Background(), &e.collected)
	e.interrupted = false
	if errors.Is(err, sdkmetric.ErrReaderNotRegistered) || errors.Is(err, sdkmetric.ErrReaderShutdown) {
		return fmt.Errorf("collect metrics: %w", err)
	}
	if err != nil {
		otel.Handle(err)
	}
	e.ours = e.ours[:0]
	for i := range e.collected.ScopeMetrics {
		scope := &e.collected.ScopeMetrics[i]
		if scope.Scope.Name != instruments.ScopeName {
			continue
		}
		for j := range scope.Metrics {
			e.ours = append(e.ours, &scope.Metrics[j])
		}
	}
	locate(e.located, e.ours)
	e.engines.find(e.located)
	for _, m := range e.ours {
		e.engines.hideClosed(m)
	}
	return nil
}
