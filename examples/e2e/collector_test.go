// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// TestCollector replays to a collector over both protocols and reads totals and trees back from what the collector wrote.
func TestCollector(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			forEachWorkload(t, func(t *testing.T, w workload) {
				c := startCollector(t)
				endpoint := c.grpc
				if protocol == "http/protobuf" {
					endpoint = c.http
				}
				startReplay(t, w, []string{"-linger", "0s"}, otlpEnv(protocol, endpoint)).finish(t)

				eventually(t, "metrics in the collector's file", func() error { return checkMetricFile(c.metricFile, w.totals) })
				eventually(t, "metrics on the collector's endpoint", func() error {
					page, err := scrape("http://" + c.metrics + "/metrics")
					if err != nil {
						return err
					}
					return checkExposition(page, w.totals)
				})
				eventually(t, "traces in the collector's file", func() error {
					spans, err := readSpans(c.traceFile)
					if err != nil {
						return err
					}
					return checkTrees(fromOTLP(spans), w.totals)
				})
				checkExemplars(t, c)
			})
		})
	}
}

// forEachWorkload runs a test with a generated trace and, where it is there, the recorded one.
func forEachWorkload(t *testing.T, test func(*testing.T, workload)) {
	t.Run("generated", func(t *testing.T) { test(t, generateWorkload(t, 500, 20*time.Millisecond)) })
	t.Run("recorded", func(t *testing.T) { test(t, recordedWorkload(t)) })
}

// checkMetricFile compares what the file exporter wrote with the totals.
func checkMetricFile(path string, want totals) error {
	file, err := readMetrics(path)
	if err != nil {
		return err
	}
	for _, c := range want.counters() {
		if got := file.sum(c.otel); got != c.want {
			return fmt.Errorf("%s is %d, want %d", c.otel, got, c.want)
		}
	}
	for _, c := range want.durations() {
		if got := file.count(c.otel); got != c.want {
			return fmt.Errorf("%s has %d observations, want %d", c.otel, got, c.want)
		}
	}
	return nil
}

// checkExposition compares a page that has the native names with the totals.
func checkExposition(page exposition, want totals) error {
	for _, c := range want.counters() {
		if got := page.sum(c.prometheus); got != c.want {
			return fmt.Errorf("%s is %d, want %d", c.prometheus, got, c.want)
		}
	}
	for _, c := range want.durations() {
		if got := page.count(c.prometheus); got != c.want {
			return fmt.Errorf("%s has %d observations, want %d", c.prometheus, got, c.want)
		}
	}
	return nil
}

// checkExemplars holds the exemplars of the latency histograms against the traces: each names a span of its operation that was
// exported, and its value is a time within that span.
func checkExemplars(t *testing.T, c *collector) {
	t.Helper()
	spans, err := readSpans(c.traceFile)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]otlpSpan{}
	for _, s := range spans {
		byID[s.TraceID+s.SpanID] = s
	}
	metrics, err := readMetrics(c.metricFile)
	if err != nil {
		t.Fatal(err)
	}
	for histogram, operation := range map[string]string{
		"lmcache.lookup.duration":   "lmcache.lookup",
		"lmcache.retrieve.duration": "lmcache.retrieve",
		"lmcache.store.duration":    "lmcache.store",
	} {
		exemplars := metrics.exemplars[histogram]
		if len(exemplars) == 0 {
			t.Errorf("%s has no exemplars", histogram)
		}
		for _, e := range exemplars {
			s, ok := byID[e.TraceID+e.SpanID]
			if !ok || s.Name != operation {
				t.Errorf("an exemplar of %s names span %s of trace %s, which is %q, want a %s", histogram, e.SpanID, e.TraceID, s.Name, operation)
				continue
			}
			// The operation is timed within its span. A busy machine may take its time between the two.
			if limit := (time.Duration(s.End-s.Start) + clockSlack).Seconds(); e.Value <= 0 || e.Value > limit {
				t.Errorf("an exemplar of %s says %v s, want more than 0 and at most its span's %v s", histogram, e.Value, limit)
			}
		}
	}
}

// fromOTLP reads the spans of a file of the collector as spans.
func fromOTLP(spans []otlpSpan) []span {
	all := make([]span, len(spans))
	for i, s := range spans {
		all[i] = span{
			trace: s.TraceID, id: s.SpanID, parent: s.ParentSpanID, name: s.Name, start: time.Duration(s.Start), end: time.Duration(s.End),
			hitTokens: intAttribute(s, "lmcache.tokens.hit"), stored: intAttribute(s, "lmcache.tokens.stored"),
		}
	}
	return all
}

// intAttribute returns the value of an integer attribute, 0 if there is none.
func intAttribute(s otlpSpan, key string) int {
	for _, attribute := range s.Attributes {
		if attribute.Key == key && attribute.Value.Int != nil {
			if value, err := strconv.Atoi(*attribute.Value.Int); err == nil {
				return value
			}
		}
	}
	return 0
}
