// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"errors"
	"fmt"
	"net/http"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// Handler returns the page: Prometheus's text format or, if the client asks for
// them, OpenMetrics with exemplars or protobuf, compressed if the client accepts
// it. Scrapes may overlap. One that fails is answered with status 500 and the
// reason.
//
// A scrape is answered with status 503 if the metrics are not collected within
// nine tenths of the time that the client gives in
// X-Prometheus-Scrape-Timeout-Seconds, or within 10 s if it does not, which
// happens when a callback of the host hangs; and if eight other scrapes are
// being served. A page is written as the client reads it, at most for a minute
// if the server has no write timeout.
//
// Failures go to [go.opentelemetry.io/otel.Handle], of each kind one in 10 s,
// which says how many it stands for.
func (e *Exporter) Handler() http.Handler { return http.HandlerFunc(e.serve) }

// serve leaves neither limit to promhttp, which would apply them to scrapes
// that hang in the gatherer: its Timeout holds the page in memory, and neither
// the goroutine nor the place of a scrape that timed out is free before the
// gatherer returns.
func (e *Exporter) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case e.scrapes <- struct{}{}:
		defer func() { <-e.scrapes }()
	default:
		e.own.countScrape(errTooMany)
		e.reports.add(scrapeRefused, errTooMany)
		http.Error(w, errTooMany.Error(), http.StatusServiceUnavailable)
		return
	}
	families, err := e.gatherWithin(r.Context(), scrapeTime(r.Header))
	if errors.Is(err, errTimedOut) {
		if r.Context().Err() == nil { // the client has not left
			e.reports.add(scrapeTimedOut, err)
		}
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	log := errorLog{&e.reports, writeFailed}
	if err != nil {
		log.kind = scrapeFailed
	}
	limitWriting(w, r)
	promhttp.HandlerFor(
		client.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, err }),
		promhttp.HandlerOpts{
			ErrorLog: log, ErrorHandling: promhttp.HTTPErrorOnError, EnableOpenMetrics: true,
		},
	).ServeHTTP(w, r)
}

// errorLog takes promhttp's errors.
type errorLog struct {
	reports *reports
	kind    failure
}

func (l errorLog) Println(v ...any) {
	for i := range v {
		if err, ok := v[i].(error); ok {
			l.reports.add(l.kind, err)
			return
		}
	}
	l.reports.add(l.kind, errors.New(fmt.Sprint(v...)))
}
