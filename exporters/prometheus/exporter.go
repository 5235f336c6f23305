// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// Exporter is the reader of a meter provider for Prometheus. [New] returns one. It
// belongs to one meter provider and is safe for concurrent use. A second provider
// is not read: the page stays the first one's, and the SDK logs the mistake as an
// error. Shutting the meter provider down shuts the exporter down; scrapes fail
// from then on.
type Exporter struct {
	sdkmetric.Reader
	bound sdkmetric.Producer // or nil

	scrapes chan struct{} // holds a token for each scrape that is being served
	reports reports

	turn        chan struct{}              // holds a token for a collection and its pages
	interrupted bool                       // the last collection panicked, or did not begin
	collected   metricdata.ResourceMetrics // reused by the SDK
	scopes      []metricdata.ScopeMetrics  // collected ones and those of bound
	ours        []*metricdata.Metrics      // the metrics of this module, in scopes
	catalog     catalog
	engines     engines
	own         *own
	pages       []page
}

// page makes the families of one vocabulary from the last collection.
type page interface {
	families(*Exporter) ([]*dto.MetricFamily, error)
}

// New returns an exporter for [sdkmetric.WithReader].
func New(opts ...Option) (*Exporter, error) {
	c := newConfig(opts)
	e := &Exporter{
		Reader: sdkmetric.NewManualReader(), bound: c.bound, catalog: newCatalog(), engines: newEngines(), own: newOwn(),
		scrapes: make(chan struct{}, maxScrapes), turn: make(chan struct{}, 1),
	}
	for i, v := range c.vocabularies {
		switch {
		case slices.Contains(c.vocabularies[:i], v):
		case v == OTel:
			p, err := newNativePage()
			if err != nil {
				return nil, fmt.Errorf("prometheus exporter: exporter of OpenTelemetry: %w", err)
			}
			e.pages = append(e.pages, p)
		default:
			e.pages = append(e.pages, newTranslatedPage(v, e.catalog, c.views))
		}
	}
	return e, nil
}

// Gatherer returns the families that [Exporter.Handler] serves, in the order of
// their names, for programs that merge them with those of other gatherers or push
// them. They must not be changed.
//
// It fails if the exporter has no meter provider or was shut down, if a callback
// of the host panics or does not return within 10 s, and if metrics of the host
// become the same series. The error of a callback does not make it fail: it goes to
// [go.opentelemetry.io/otel.Handle], and the rest is returned.
func (e *Exporter) Gatherer() client.Gatherer {
	return client.GathererFunc(func() ([]*dto.MetricFamily, error) {
		return e.gatherWithin(context.Background(), defaultScrapeTime)
	})
}

// gather is called by whoever has the turn.
func (e *Exporter) gather(ctx context.Context) (families []*dto.MetricFamily, err error) {
	defer e.release()
	// A callback of the host that panics costs the scrape. An HTTP server would
	// recover, but not everybody gathers in one.
	defer func() {
		if p := recover(); p != nil {
			families, err = nil, fmt.Errorf("collect metrics: panic: %v", p)
		}
	}()
	if err := e.collect(ctx); err != nil {
		return nil, err
	}
	for _, p := range e.pages {
		more, pageErr := p.families(e)
		families, err = append(families, more...), errors.Join(err, pageErr)
	}
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return families, err
}

// collect reads the meter provider and the bound instruments, and keeps the series
// of live engines. Callbacks of the host get ctx.
func (e *Exporter) collect(ctx context.Context) error {
	if e.interrupted {
		// The SDK keeps what was observed before a callback panicked, and would add
		// it to the next observations.
		_ = e.Collect(ctx, &e.collected)
	}
	e.interrupted = true
	e.collected.Resource = nil // is set by every collection, also by one with errors
	err := e.Collect(ctx, &e.collected)
	e.interrupted = e.collected.Resource == nil
	if e.collected.Resource == nil {
		return fmt.Errorf("collect metrics: %w", err)
	}
	if err != nil {
		e.reports.add(collectFailed, err)
	}
	e.scopes = slices.Clip(e.collected.ScopeMetrics)
	if e.bound != nil {
		produced, err := e.bound.Produce(ctx)
		if err != nil && produced == nil {
			return fmt.Errorf("collect metrics: %w", err)
		}
		if err != nil {
			e.reports.add(collectFailed, err)
		}
		e.scopes = append(e.scopes, produced...)
	}
	e.ours = e.ours[:0]
	for i := range e.scopes {
		scope := &e.scopes[i]
		if scope.Scope.Name != instruments.ScopeName {
			continue
		}
		for j := range scope.Metrics {
			e.ours = append(e.ours, &scope.Metrics[j])
		}
	}
	e.catalog.find(e.ours)
	e.engines.find(e.catalog)
	for _, m := range e.ours {
		if !e.catalog.isProcess(m) {
			e.engines.hideClosed(m)
		}
	}
	e.own.findOverflow(&e.engines, e.ours, &e.reports)
	e.addOwn()
	return nil
}

// release lets go of what was produced, which is as large as the page.
func (e *Exporter) release() {
	e.scopes = nil
	clear(e.ours)
	for i := range e.catalog {
		e.catalog[i].collected = nil
	}
}

// addOwn adds the exporter's own metrics, if the collection has any of this module.
func (e *Exporter) addOwn() {
	for i := range e.scopes {
		if scope := e.scopes[i].Scope; scope.Name == instruments.ScopeName {
			e.scopes = append(e.scopes, metricdata.ScopeMetrics{Scope: scope, Metrics: e.own.metrics()})
			return
		}
	}
}
