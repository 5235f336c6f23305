// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
)

const (
	// maxScrapes is how many scrapes are served at once. Each holds its families
	// until its client has read them.
	maxScrapes = 8

	// A scrape without a time of its own gets Prometheus's default
	// scrape_timeout.
	defaultScrapeTime = 10 * time.Second
	maxScrapeTime     = time.Minute

	// writeTime bounds the writing of a page in a server without a write timeout,
	// where a client that does not read would keep its place for ever.
	writeTime = time.Minute
)

var (
	errTimedOut = errors.New("the metrics were not collected in time; a callback of an observable instrument may hang")
	errTooMany  = errors.New(strconv.Itoa(maxScrapes) + " scrapes are being served, which is the limit")
)

// scrapeTime is how long a scrape may wait for its families: a bit less than
// its client does, who is then still there to be told.
func scrapeTime(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(h.Get("X-Prometheus-Scrape-Timeout-Seconds"), 64)
	if err != nil || !(seconds > 0) { // NaN, too
		return defaultScrapeTime
	}
	return time.Duration(0.9 * min(seconds, maxScrapeTime.Seconds()) * float64(time.Second))
}

// limitWriting sets a write deadline where the server has none. The server
// takes it away after the request.
func limitWriting(w http.ResponseWriter, r *http.Request) {
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.WriteTimeout > 0 {
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime)) // a recorder of a test has none
}

// gatherWithin gathers until ctx ends, at most for d. Scrapes take turns. As a
// callback of the host may hang, a turn is a goroutine of its own that nobody
// has to wait for: it keeps its turn until the callback returns, so that there
// is one at most.
func (e *Exporter) gatherWithin(ctx context.Context, d time.Duration) (families []*dto.MetricFamily, err error) {
	defer func() { e.own.countScrape(err) }()
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, errTimedOut
	}
	type result struct {
		families []*dto.MetricFamily
		err      error
	}
	done := make(chan result, 1)
	// A callback that ends with its context costs its metric and not the scrape.
	deadline, _ := ctx.Deadline()
	callbackCtx, cancelCallbacks := context.WithTimeout(context.WithoutCancel(ctx), time.Until(deadline)/2)
	go func() {
		defer func() { <-e.turn }()
		defer cancelCallbacks()
		families, err := e.gather(callbackCtx)
		done <- result{families, err}
	}()
	select {
	case r := <-done:
		return r.families, r.err
	case <-ctx.Done():
		return nil, errTimedOut
	}
}
