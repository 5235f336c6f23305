// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestPrometheus lets Prometheus scrape the replay's own endpoint, with docs/deploy/prometheus.yaml, and asks its API for the
// totals under both vocabularies, for quantiles and for exemplars that lead to traces in Jaeger.
func TestPrometheus(t *testing.T) {
	forEachWorkload(t, func(t *testing.T, w workload) {
		programPath(t, prometheusProgram) // skip before anything is started
		j := startJaeger(t)
		env := append(otlpEnv("grpc", j.grpc), "OTEL_METRICS_EXPORTER=none")
		r := startReplay(t, w, []string{"-names", "both"}, env)
		p := startPrometheus(t, scrapeConfig(t, r.listen))

		eventually(t, "totals in Prometheus", func() error { return checkTotals(p, w.totals) })
		checkQuantiles(t, p)
		var onPage []exemplar
		for _, histogram := range []string{"lmcache_retrieve_duration_seconds", "lmcache:time_to_retrieve"} {
			onPage = append(onPage, openMetricsExemplars(t, "http://"+r.listen+"/metrics", histogram)...)
		}
		// Interrupted while it lingers, the replay sends the last spans before it ends.
		r.signal(t, syscall.SIGINT)
		r.wait(t, replayTimeout)
		checkExemplarTraces(t, p, j, "lmcache_retrieve_duration_seconds_bucket")
		for _, e := range onPage {
			checkRetrieveSpan(t, j, e.Labels["trace_id"], e.Labels["span_id"])
		}
	})
}

// scrapeConfig is docs/deploy/prometheus.yaml with another target and a shorter interval.
func scrapeConfig(t *testing.T, target string) string {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(deployDir, "prometheus.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(config)
	for shipped, ours := range map[string]string{
		`targets: ["127.0.0.1:9464"]`: fmt.Sprintf("targets: [%q]", target),
		"scrape_interval: 15s":        "scrape_interval: 1s",
	} {
		if strings.Count(text, shipped) != 1 {
			t.Fatalf("prometheus.yaml has %q %d times, want it once", shipped, strings.Count(text, shipped))
		}
		text = strings.Replace(text, shipped, ours, 1)
	}
	return text
}

// checkTotals asks Prometheus for every total under both names. Histograms must be there as classic and as native ones.
func checkTotals(p *prometheus, want totals) error {
	for _, c := range want.counters() {
		for _, name := range []string{c.prometheus, c.lmcache} {
			if err := expectScalar(p, fmt.Sprintf(`sum({__name__=%q})`, name), c.want); err != nil {
				return err
			}
		}
	}
	for _, c := range want.durations() {
		for _, name := range []string{c.prometheus, c.lmcache} {
			for _, expression := range []string{
				fmt.Sprintf(`sum({__name__="%s_count"})`, name),
				fmt.Sprintf(`sum({__name__="%s_bucket",le="+Inf"})`, name),
				fmt.Sprintf(`histogram_count(sum({__name__=%q}))`, name),
			} {
				if err := expectScalar(p, expression, c.want); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// expectScalar evaluates an expression and compares.
func expectScalar(p *prometheus, expression string, want int) error {
	got, err := p.scalar(expression)
	if err != nil {
		return err
	}
	if got != float64(want) {
		return fmt.Errorf("%s is %v, want %d", expression, got, want)
	}
	return nil
}

// checkQuantiles asks for the same quantile from the classic buckets, as dashboards have it, and from the native histogram.
func checkQuantiles(t *testing.T, p *prometheus) {
	t.Helper()
	for _, name := range []string{"lmcache_retrieve_duration_seconds", "lmcache:time_to_retrieve"} {
		classic, err := p.scalar(fmt.Sprintf(`histogram_quantile(0.9, sum by (le) ({__name__="%s_bucket"}))`, name))
		if err != nil {
			t.Error(err)
		}
		native, err := p.scalar(fmt.Sprintf(`histogram_quantile(0.9, sum({__name__=%q}))`, name))
		if err != nil {
			t.Error(err)
		}
		if !(classic > 0) || math.Abs(classic-native) > 1e-9 {
			t.Errorf("the 0.9 quantile of %s is %v from its classic buckets and %v from its native histogram, want the same above 0", name, classic, native)
		}
	}
}

// checkExemplarTraces follows the exemplars of the retrieve latency from Prometheus to Jaeger, as an operator does.
func checkExemplarTraces(t *testing.T, p *prometheus, j *jaeger, series string) {
	t.Helper()
	var found []exemplar
	eventually(t, "exemplars in Prometheus", func() error {
		var err error
		found, err = p.exemplars(series)
		if err == nil && len(found) == 0 {
			err = errors.New("none")
		}
		return err
	})
	for _, e := range found {
		checkRetrieveSpan(t, j, e.Labels["trace_id"], e.Labels["span_id"])
	}
}

// checkRetrieveSpan asks Jaeger for the span that an exemplar of the retrieve latency names.
func checkRetrieveSpan(t *testing.T, j *jaeger, traceID, spanID string) {
	t.Helper()
	eventually(t, "the trace of an exemplar in Jaeger", func() error {
		trace, err := j.trace(traceID)
		if err != nil {
			return err
		}
		for _, s := range trace.Spans {
			if s.SpanID == spanID && s.Operation == "lmcache.retrieve" {
				return nil
			}
		}
		return fmt.Errorf("trace %s has no lmcache.retrieve %s", traceID, spanID)
	})
}

// openMetricsExemplars reads the exemplars of a histogram from an OpenMetrics page. Prometheus asks for the protocol buffer format when it
// wants native histograms; others get exemplars in this one.
func openMetricsExemplars(t *testing.T, url, histogram string) (found []exemplar) {
	t.Helper()
	page, err := get(url, "application/openmetrics-text; version=1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^` + histogram + `_bucket\{.*\} \d+ # \{(.*)\} `)
	label := regexp.MustCompile(`(\w+)="(\w+)"`)
	for _, match := range line.FindAllSubmatch(page, -1) {
		e := exemplar{Labels: map[string]string{}}
		for _, pair := range label.FindAllSubmatch(match[1], -1) {
			e.Labels[string(pair[1])] = string(pair[2])
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		t.Fatalf("%s has no exemplars in the OpenMetrics format", histogram)
	}
	return found
}
