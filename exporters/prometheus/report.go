// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// failure is a kind of failure that is reported.
type failure int

const (
	collectFailed failure = iota // of callbacks; the rest is on the page
	scrapeFailed                 // there is no page
	scrapeTimedOut
	scrapeRefused // as there were too many
	writeFailed   // the client has left or does not read
	seriesLost    // to the SDK's cardinality limit
	numFailures
)

const reportInterval = 10 * time.Second

// reports gives failures to [otel.Handle]: of each kind one in an interval,
// which says how many it stands for. The error handler is the host's. It may
// block or panic, so that each report has a goroutine, one of a kind at most.
type reports struct {
	mu    sync.Mutex
	kinds [numFailures]struct {
		count   int       // since the last report
		next    time.Time // when the next report may be made
		running bool      // the last report has not returned
	}
}

// add reports whether the host gets to know of this failure by itself.
func (r *reports) add(f failure, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := &r.kinds[f]
	kind.count++
	now := time.Now()
	if kind.running || now.Before(kind.next) {
		return false
	}
	err = fmt.Errorf("prometheus exporter: %w", err)
	if kind.count > 1 {
		err = fmt.Errorf("%w (%d failures of this kind since the last report)", err, kind.count)
	}
	kind.count, kind.next, kind.running = 0, now.Add(reportInterval), true
	go func() {
		defer func() {
			_ = recover()
			r.mu.Lock()
			defer r.mu.Unlock()
			kind.running = false
		}()
		otel.Handle(err)
	}()
	return true
}
