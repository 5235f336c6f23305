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

// Exporter is the reader of a meter provider for Prometheus. [New] returns one. It
// belongs to one meter provider and is safe for concurrent use. A second provider
// is not read: the page stays the first one's, and the SDK logs the mistake as an
// error. Shutting the meter provider down shuts the exporter down; scrapes fail
// from then on.
type Exporter struct {
	sdkmetric.Reader
	bound sdkmetric.Producer // or nil

	mu          sync.Mutex                 // held for a collection and its pages: scrapes take turns
	interrupted bool                       // the last collection panicked
	collected   metricdata.ResourceMetrics // reused by the SDK
	scopes      []metricdata.ScopeMetrics  // collected ones and those of bound
	ours        []*metricdata.Metrics      // the metrics of this module, in scopes
	catalog     catalog
	engines     engines
	pages       []page
}

// page makes the families of one vocabulary from the last collection.
type page interface {
	families(*Exporter) ([]*dto.MetricFamily, error)
}

// New returns an exporter for [sdkmetric.WithReader].
func New(opts ...Option) (*Exporter, error) {
	c := newConfig(opts)
	e := &Exporter{Reader: sdkmetric.NewManualReader(), bound: c.bound, catalog: newCatalog(), engines: newEngines()}
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
// of the host panics, and if metrics of the host become the same series. The error
// of a callback does not make it fail: it goes to [otel.Handle], and the rest is
// returned.
func (e *Exporter) Gatherer() client.Gatherer { return client.GathererFunc(e.gather) }

func (e *Exporter) gather() (families []*dto.MetricFamily, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.release()
	// A callback of the host that panics costs the scrape. An HTTP server would
	// recover, but not everybody gathers in one.
	defer func() {
		if p := recover(); p != nil {
			families, err = nil, fmt.Errorf("collect metrics: panic: %v", p)
		}
	}()
	if err := e.collect(); err != nil {
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
// of live engines.
func (e *Exporter) collect() error {
	if e.interrupted {
		// The SDK keeps what was observed before a callback panicked, and would add
		// it to the next observations.
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
	e.scopes = slices.Clip(e.collected.ScopeMetrics)
	if e.bound != nil {
		produced, err := e.bound.Produce(context.Background())
		if err != nil {
			otel.Handle(err)
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
		e.engines.hideClosed(m)
	}
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
