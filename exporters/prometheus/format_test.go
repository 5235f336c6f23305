// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestLint: Prometheus's linter has nothing against the OTel vocabulary.
// LMCache's names break its rules, as they do at LMCache.
func TestLint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, native)
		feed(t.Context(), t, b.monitor(t, llama, feedOptions...))
		time.Sleep(10 * time.Second) // for the hit rates
		text := b.text(t)
		for _, m := range instruments.All() {
			if name := prometheus.OTel.FamilyName(m); !strings.Contains(text, "# TYPE "+name+" ") {
				t.Errorf("%s is not on the page", name)
			}
		}
		problems, err := promlint.New(strings.NewReader(text)).Lint()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	})
}

// TestRoundTrip: what Prometheus's parser reads from the page, its writer
// writes as the same page.
func TestRoundTrip(t *testing.T) {
	for name, v := range vocabularies {
		t.Run(name, func(t *testing.T) {
			b := newBridge(t, v)
			feed(t.Context(), t, b.monitor(t, llama, feedOptions...))
			b.monitor(t, mistral)
			text := b.text(t)
			p := parse(t, text)
			var again bytes.Buffer
			for _, name := range slices.Sorted(maps.Keys(p)) {
				if _, err := expfmt.MetricFamilyToText(&again, p[name]); err != nil {
					t.Fatal(err)
				}
			}
			compareLines(t, again.String(), text)
			if again.String() != text && !t.Failed() {
				t.Error("families are not in the order of their names")
			}
		})
	}
}

// TestGatherer: it can be merged with the registry of a host, which checks that
// series are consistent and unique.
func TestGatherer(t *testing.T) {
	b := newBridge(t, both)
	feed(t.Context(), t, b.monitor(t, llama, feedOptions...))
	registry := client.NewRegistry()
	registry.MustRegister(client.NewGaugeFunc(client.GaugeOpts{Name: "host"}, func() float64 { return 1 }))
	families, err := client.Gatherers{registry, b.exporter.Gatherer()}.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	compareLines(t, text.String(), b.text(t)+"# HELP host \n# TYPE host gauge\nhost 1\n")
}
