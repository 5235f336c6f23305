// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// TestInstruments: bound instruments and the SDK's give the same page, but for
// how long things took.
func TestInstruments(t *testing.T) {
	pages := map[string][]string{}
	for _, instruments := range []string{boundInstruments, sdkInstruments} {
		r := newTestRun(t, options{cpuBytes: 20 * 512, disk: t.TempDir(), remote: true, instruments: instruments})
		r.all(t.Context(), randomTrace(3, 300))
		pages[instruments] = r.timeless(t)
	}
	got, want := pages[boundInstruments], pages[sdkInstruments]
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("only with bound instruments: %s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("only with the SDK's instruments: %s", line)
		}
	}
	if len(got) != len(want) || len(want) < lmcacheNames()+40 {
		t.Errorf("%d series with bound instruments, %d with the SDK's", len(got), len(want))
	}
}

// TestInstrumentsThatAnExporterCannotHave: the replay warns, and the exporter has
// all metrics.
func TestInstrumentsThatAnExporterCannotHave(t *testing.T) {
	for _, instruments := range []string{boundInstruments, sdkInstruments} {
		env := []string{"OTEL_METRICS_EXPORTER=console", "OTEL_METRICS_PRODUCERS=prometheus"}
		c := startCommand(t, env, "-instruments", instruments, "-trace", writeTrace(t, 1, 0), "-linger", "0s")
		c.expectStatus(t, statusDone)
		if warned := strings.Contains(c.stderr.String(), "WithBound: "); warned != (instruments == boundInstruments) {
			t.Errorf("with %s instruments the warnings are %q", instruments, c.stderr.String())
		}
		for _, want := range []string{`"lmcache.lookup.requests"`, `"lmcache.lookup.duration"`} {
			if !strings.Contains(c.stdout.String(), want) {
				t.Errorf("with %s instruments the console has no %s:\n%s", instruments, want, c.stdout.String())
			}
		}
	}
}

// timeless returns the series of the page without what depends on time: of
// histograms, there are the counts and bounds; rates of intervals and pings are
// left out.
func (r *testRun) timeless(t *testing.T) (series []string) {
	t.Helper()
	families, err := r.page.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		isGauge := f.GetType() == dto.MetricType_GAUGE
		if strings.Contains(f.GetName(), "ping") || isGauge && strings.Contains(f.GetName(), "hit_rate") {
			continue
		}
		for _, m := range f.GetMetric() {
			h := m.GetHistogram()
			line := fmt.Sprint(f.GetName(), m.GetLabel(), m.GetCounter().GetValue(), m.GetGauge().GetValue(), h.GetSampleCount())
			for _, b := range h.GetBucket() {
				line += fmt.Sprint(" ", b.GetUpperBound())
			}
			series = append(series, strings.ReplaceAll(line, "  ", " ")) // protobuf's white space is random
		}
	}
	return series
}
