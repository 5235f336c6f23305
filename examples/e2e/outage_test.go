// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"
)

const (
	// outageInterval is the time between two requests of the replay. It is recorded in the trace and replayed at -speed 1.
	outageInterval = 20 * time.Millisecond
	outageRequests = 1200 // 24 s: the outage begins after a few and ends well before the end
	outage         = 10 * time.Second
	outageBatch    = 128 // spans
	// outageLag is how far the replay may fall behind its schedule. It is far less than the outage: a replay that waits for the
	// collector falls behind by all of it.
	outageLag = 3 * time.Second
)

// TestOutage stops the collector for ten seconds in the middle of a replay. The replay must keep its pace, its totals must be exact
// in the end, and every span that did not arrive must be among those that it reports as lost.
func TestOutage(t *testing.T) {
	w := generateWorkload(t, outageRequests, outageInterval)
	c := startCollector(t)
	env := append(otlpEnv("grpc", c.grpc),
		"OTEL_GO_X_OBSERVABILITY=true", // so that the replay reports lost spans
		"OTEL_METRIC_EXPORT_INTERVAL=1000",
		"OTEL_EXPORTER_OTLP_TIMEOUT=2000",
		"OTEL_BSP_MAX_QUEUE_SIZE=512", // room for about two seconds of the replay's spans: the outage must lose some
		fmt.Sprintf("OTEL_BSP_MAX_EXPORT_BATCH_SIZE=%d", outageBatch),
	)
	started := time.Now()
	r := startReplay(t, w, []string{"-speed", "1", "-linger", "0s"}, env)
	eventually(t, "metrics of the replay in the collector", func() error {
		file, err := readMetrics(c.metricFile)
		if err == nil && file.sum("lmcache.lookup.requests") == 0 {
			err = errors.New("no lookups yet")
		}
		return err
	})

	c.stop(t)
	r.keepsPace(t, outage)
	c.start(t)
	r.finish(t)
	// What follows the last request is the flush of the exporters.
	if took, limit := time.Since(started), outageRequests*outageInterval+20*time.Second; took > limit {
		t.Errorf("the replay took %v, want at most %v", took, limit)
	}

	eventually(t, "exact totals in the collector's file", func() error { return checkMetricFile(c.metricFile, w.totals) })
	checkLoss(t, r, c, w.totals)
}

// keepsPace watches a paced replay for a while and fails the test when it falls behind its schedule.
func (r *replay) keepsPace(t *testing.T, watch time.Duration) {
	t.Helper()
	begin, first := time.Now(), r.lookups(t)
	for time.Since(begin) < watch {
		time.Sleep(250 * time.Millisecond)
		elapsed := time.Since(begin)
		done := time.Duration(r.lookups(t)-first) * outageInterval
		if lag := elapsed - done; lag > outageLag {
			t.Fatalf("%v into the outage the replay is %v behind, want at most %v", elapsed, lag, outageLag)
		}
	}
}

// lookups reads the number of lookups so far from the replay's own endpoint.
func (r *replay) lookups(t *testing.T) int {
	t.Helper()
	page, err := scrape("http://" + r.listen + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	return page.sum("lmcache_lookup_requests_total")
}

// lossReport is what the replay says of its spans at its end: how many found the queue full, and how many were not exported.
var lossReport = regexp.MustCompile(`queue full: (\d+)\), \d+ exported \(lost: (\d+)\)`)

// checkLoss compares the spans that the collector got with those that the replay reports as lost: together they are all of them. A span
// counts in both only when the collector had it already as it was stopped and the replay never heard so, which is one batch at most.
func checkLoss(t *testing.T, r *replay, c *collector, w totals) {
	t.Helper()
	match := lossReport.FindStringSubmatch(r.stderr.String())
	if match == nil {
		t.Fatalf("the replay reports nothing of its spans:\n%s", r.stderr.String())
	}
	lost := 0
	for _, digits := range match[1:] {
		n, err := strconv.Atoi(digits)
		if err != nil {
			t.Fatal(err)
		}
		lost += n
	}
	eventually(t, "every span that was not lost, in the collector's file", func() error {
		spans, err := readSpans(c.traceFile)
		if err != nil {
			return err
		}
		arrived := map[string]bool{}
		for _, s := range spans {
			arrived[s.TraceID+s.SpanID] = true
		}
		missing := w.spans() - len(arrived)
		// Some must be missing: the queue and the retries are shorter than the outage.
		if missing <= 0 || lost < missing || lost > missing+outageBatch {
			return fmt.Errorf("%d of %d spans have not arrived, and the replay reports %d lost", missing, w.spans(), lost)
		}
		return nil
	})
}
