// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// lmcacheMetrics is how many metrics LMCache exposes.
const lmcacheMetrics = 94

// TestEverythingIsThereFromTheStart feeds nothing: every metric of LMCache is
// on the page, with LMCache's value for nothing.
func TestEverythingIsThereFromTheStart(t *testing.T) {
	for _, engine := range []otelcache.Engine{llama, {ModelName: "llama"}, {}} {
		b := newBridge(t, lmcache)
		b.monitor(t, engine)
		p := b.page(t)
		if len(p) != lmcacheMetrics {
			t.Errorf("the page of %+v has %d families, want %d", engine, len(p), lmcacheMetrics)
		}
		for name, family := range p {
			if len(family.GetMetric()) != 1 {
				t.Errorf("%s of %+v has %d series, want 1", name, engine, len(family.GetMetric()))
				continue
			}
			m := family.GetMetric()[0]
			if got := engineOf(m); got != engine || len(m.GetLabel()) != 4 {
				t.Errorf("%s has the labels %v, want LMCache's four with those of %+v", name, m.GetLabel(), engine)
			}
			want := 0.0
			if name == "lmcache:retrieve_hit_rate" {
				want = 1
			}
			if got := number(m); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
			if h := m.GetHistogram(); family.GetType() == dto.MetricType_HISTOGRAM {
				if h.GetSampleCount() != 0 || h.GetSampleSum() != 0 || slices.ContainsFunc(h.GetBucket(), notEmpty) {
					t.Errorf("%s is %v, want an empty histogram", name, h)
				}
			}
		}
	}
}

func notEmpty(b *dto.Bucket) bool { return b.GetCumulativeCount() != 0 }

// TestPageMatchesLMCache compares names, types and buckets with the list made
// from LMCache's source.
func TestPageMatchesLMCache(t *testing.T) {
	rows := readCatalog(t)
	if len(rows) != lmcacheMetrics {
		t.Fatalf("the list has %d rows, want %d", len(rows), lmcacheMetrics)
	}
	b := newBridge(t, lmcache)
	b.monitor(t, llama)
	p := b.page(t)
	for _, row := range rows {
		name, typ := row["lmcache_name"], dto.MetricType_GAUGE
		switch row["instrument"] {
		case "counter":
			name += "_total"
			typ = dto.MetricType_COUNTER
		case "histogram":
			typ = dto.MetricType_HISTOGRAM
		}
		family := p[name]
		if family == nil {
			t.Errorf("%s is not on the page", name)
			continue
		}
		if family.GetType() != typ {
			t.Errorf("%s is a %v, want a %v", name, family.GetType(), typ)
		}
		var want, got []float64
		for _, bound := range strings.Fields(row["lmcache_buckets"]) {
			v, err := strconv.ParseFloat(bound, 64)
			if err != nil {
				t.Fatalf("bucket of %s: %v", name, err)
			}
			want = append(want, v)
		}
		if want != nil {
			want = append(want, math.Inf(1))
		}
		for _, bucket := range p.series(t, name, llama).GetHistogram().GetBucket() {
			got = append(got, bucket.GetUpperBound())
		}
		if !slices.Equal(got, want) {
			t.Errorf("the buckets of %s are %v, want %v", name, got, want)
		}
	}
}

// readCatalog reads the list of LMCache's metrics.
func readCatalog(t *testing.T) []map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "instruments", "testdata", "lmcache-metrics.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	r := csv.NewReader(file)
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for column, value := range record {
			row[records[0][column]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// TestNames holds the names that programs get from the package against those on
// the page.
func TestNames(t *testing.T) {
	b := newBridge(t, both)
	feed(t.Context(), t, b.monitor(t, llama, feedOptions...))
	p := b.page(t)
	known := map[string]bool{"target_info": true}
	for _, m := range instruments.All() {
		otel, lmcache := prometheus.OTel.FamilyName(m), prometheus.LMCache.FamilyName(m)
		known[otel] = true
		// The hit rates have no value natively before an interval is over.
		if m.Name != instruments.RetrieveHitRate.String() && m.Name != instruments.LookupHitRate.String() && p[otel] == nil {
			t.Errorf("%s is not on the page, as %q", m.Name, otel)
		}
		if m.LMCache.Name == "" {
			if lmcache != "" {
				t.Errorf("LMCacheName of %s is %q, want none", m.Name, lmcache)
			}
			continue
		}
		known[lmcache] = true
		if p[lmcache] == nil {
			t.Errorf("%s is not on the page, as %q", m.Name, lmcache)
		}
	}
	for name := range p {
		if !known[name] {
			t.Errorf("%s is on the page and in no catalog", name)
		}
	}
	if otel, lmcache := prometheus.OTel.FamilyName(instruments.Metric{}), prometheus.LMCache.FamilyName(instruments.Metric{}); otel+lmcache != "" {
		t.Errorf("the zero metric has the names %q and %q, want none", otel, lmcache)
	}
}
