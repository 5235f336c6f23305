// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// scrapeResult is how a scrape ended, in the order of the values of
// [instruments.ScrapeResultKey].
type scrapeResult uint8

const (
	resultOK scrapeResult = iota
	resultFailed
	resultTimedOut
	resultRefused
	numScrapeResults
)

var scrapeResults = [numScrapeResults]instruments.Value(instruments.OTelScrapes.Metric().Attributes[0].Values)

// own is what the exporter knows of itself. It adds that to each collection.
type own struct {
	since      time.Time
	scrapes    [numScrapeResults]atomic.Int64
	overflowed int             // instruments in this collection
	reported   map[string]bool // instruments whose overflow was reported
}

func newOwn() *own { return &own{since: time.Now(), reported: map[string]bool{}} }

func (o *own) countScrape(err error) {
	result := resultFailed
	switch {
	case err == nil:
		result = resultOK
	case errors.Is(err, errTimedOut):
		result = resultTimedOut
	case errors.Is(err, errTooMany):
		result = resultRefused
	}
	o.scrapes[result].Add(1)
}

// findOverflow counts the instruments that the SDK's cardinality limit keeps series
// from, and reports each of them once.
func (o *own) findOverflow(e *engines, metrics []*metricdata.Metrics, r *reports) {
	o.overflowed = 0
	if !e.hasOverflow() {
		return
	}
	var names []string
	for _, m := range metrics {
		overflows := false
		forEachSet(m.Data, func(set attribute.Set) { overflows = overflows || set.Equivalent() == overflow })
		if !overflows {
			continue
		}
		o.overflowed++
		if !o.reported[m.Name] {
			names = append(names, m.Name)
		}
	}
	if names == nil {
		return
	}
	slices.Sort(names)
	if r.add(seriesLost, fmt.Errorf("the SDK's cardinality limit is reached, and further engines and error types share "+
			"a series with otel.metric.overflow=true, which LMCache's names leave out: want a higher sdkmetric.WithCardinalityLimit, "+
			"or bound instruments, for %s", strings.Join(names, ", "))) {
		for _, name := range names {
			o.reported[name] = true
		}
	}
}

// metrics returns the exporter's metrics.
func (o *own) metrics() []metricdata.Metrics {
	now := time.Now()
	scrapes := metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
	for i, v := range scrapeResults {
		scrapes.DataPoints = append(scrapes.DataPoints, metricdata.DataPoint[int64]{
			Attributes: attribute.NewSet(instruments.ScrapeResultKey.String(v.Name)),
			StartTime:  o.since, Time: now, Value: o.scrapes[i].Load(),
		})
	}
	overflowed := metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{Time: now, Value: int64(o.overflowed)}}}
	return []metricdata.Metrics{
		ownMetric(instruments.OTelScrapes, scrapes), ownMetric(instruments.OTelOverflowedInstruments, overflowed),
	}
}

func ownMetric(h instruments.ExporterMetric, data metricdata.Aggregation) metricdata.Metrics {
	m := h.Metric()
	return metricdata.Metrics{Name: m.Name, Description: m.Description, Unit: m.Unit, Data: data}
}
