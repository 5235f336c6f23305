// SPDX-License-Identifier: Apache-2.0

package instruments_test

import (
	"encoding/csv"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestCatalogIsComplete holds the catalog against the list of LMCache's metrics.
func TestCatalogIsComplete(t *testing.T) {
	rows := readList(t, filepath.Join("testdata", "lmcache-metrics.csv"))
	if len(rows) != 95 {
		t.Fatalf("%d rows, want a header and 94 metrics", len(rows))
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		name := row[column["otel_name"]]
		m, ok := instruments.Lookup(name)
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		for _, f := range []struct{ what, got, want string }{
			{"class", m.Class.Name, row[column["class_"]]},
			{"kind", m.Kind.String(), row[column["instrument"]]},
			{"unit", m.Unit, row[column["unit"]]},
			{"LMCache name", m.LMCache.Name, row[column["lmcache_name"]]},
			{"LMCache unit", m.LMCache.Unit, row[column["lmcache_unit"]]},
		} {
			if f.got != f.want {
				t.Errorf("%s: %s is %q, want %q", name, f.what, f.got, f.want)
			}
		}
		scale, err := strconv.ParseFloat(row[column["scale_to_lmcache"]], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.LMCache.Scale.Apply(1); math.Abs(got-scale) > 1e-9*scale {
			t.Errorf("%s: scale is %v, want %v", name, got, scale)
		}
		var bounds []float64
		for _, s := range strings.Fields(row[column["lmcache_buckets"]]) {
			b, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			bounds = append(bounds, b)
		}
		if !slices.Equal(m.LMCache.Bounds, bounds) {
			t.Errorf("%s: bounds are %v, want %v", name, m.LMCache.Bounds, bounds)
		}
	}
}

// readList reads a file of comma-separated values, in which lines that begin
// with # are comments.
func readList(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestListIsUpToDate compares the list that the tests read with the one that it
// was made from, where that is at hand.
func TestListIsUpToDate(t *testing.T) {
	original := filepath.Join("..", "..", "shared", "catalog", "lmcache-metrics.csv")
	if _, err := os.Stat(original); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the original of the list is not beside the repository:", err)
	}
	want := readList(t, original)
	fedBy := slices.Index(want[0], "fed_by") // says what LMCache's code does, which no test reads
	if fedBy < 0 {
		t.Fatalf("the original has the columns %q, want fed_by among them", want[0])
	}
	for i := range want {
		want[i] = slices.Delete(want[i], fedBy, fedBy+1)
	}
	got := readList(t, filepath.Join("testdata", "lmcache-metrics.csv"))
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("row %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestCatalogSize(t *testing.T) {
	count := map[instruments.Kind]int{}
	var nativeOnly []string
	for _, m := range instruments.All() {
		if m.LMCache.Name == "" {
			nativeOnly = append(nativeOnly, m.Name)
			continue
		}
		count[m.Kind]++
	}
	counts := map[instruments.Kind]int{
		instruments.KindCounter:         23,
		instruments.KindGauge:           8,
		instruments.KindUpDownCounter:   1,
		instruments.KindHistogram:       20,
		instruments.KindObservableGauge: 42,
	}
	for kind, n := range counts {
		if count[kind] != n {
			t.Errorf("%d of kind %s, want %d", count[kind], kind, n)
		}
	}
	want := []string{
		"lmcache.lookup.failures", "lmcache.lookup.cancelled", "lmcache.retrieve.failures", "lmcache.retrieve.cancelled",
		"lmcache.store.failures", "lmcache.store.cancelled", "lmcache.operation.phase.duration",
		"lmcache.p2p.transfer.requests", "lmcache.p2p.transfer.tokens",
		"lmcache.p2p.transfer.failures", "lmcache.p2p.transfer.cancelled",
		"lmcache.remote.get.failures", "lmcache.remote.get.cancelled",
		"lmcache.remote.put.failures", "lmcache.remote.put.cancelled",
		"lmcache.otel.misuse", "lmcache.otel.repaired_texts", "lmcache.otel.refused_values", "lmcache.otel.dropped_reports",
		"lmcache.otel.host_failures", "lmcache.otel.scrapes", "lmcache.otel.overflowed_instruments",
	}
	if !slices.Equal(nativeOnly, want) {
		t.Errorf("without an LMCache name: %v, want %v", nativeOnly, want)
	}
}

func TestEntriesAreWellFormed(t *testing.T) {
	seen := map[string]string{} // a name or description, and the metric that has it
	unique := func(what, name string) {
		t.Helper()
		if other, dup := seen[what]; dup {
			t.Errorf("%s and %s share %q", name, other, what)
		}
		seen[what] = name
	}
	for _, m := range instruments.All() {
		unique(m.Name, m.Name)
		unique(m.Description, m.Name)
		if m.LMCache.Name != "" {
			unique(m.LMCache.Name, m.Name)
		}
		if !strings.HasPrefix(m.Name, "lmcache.") || strings.ToLower(m.Name) != m.Name {
			t.Errorf("%s: a name is lower case and starts with lmcache.", m.Name)
		}
		if !strings.HasSuffix(m.Description, ".") || m.Unit == "" || m.FedBy == "" || m.Class.Title == "" {
			t.Errorf("%s: incomplete entry %+v", m.Name, m)
		}
		if (m.Kind == instruments.KindHistogram) != (len(m.Bounds) > 0) {
			t.Errorf("%s: %d bounds on a %s", m.Name, len(m.Bounds), m.Kind)
		}
		for _, bounds := range [][]float64{m.Bounds, m.LMCache.Bounds} {
			if !slices.IsSorted(bounds) || len(slices.Compact(slices.Clone(bounds))) != len(bounds) {
				t.Errorf("%s: bounds %v do not rise", m.Name, bounds)
			}
		}
	}
}

// TestAttributesAreWellFormed holds that a key means the same in every entry, and
// that no key is the namespace of another.
func TestAttributesAreWellFormed(t *testing.T) {
	identity := []attribute.Key{
		instruments.ModelNameKey, instruments.WorkerIDKey, instruments.RoleKey, instruments.ServedModelNameKey,
	}
	seen := map[attribute.Key]instruments.Attribute{}
	for _, m := range instruments.All() {
		of := map[attribute.Key]bool{}
		for _, a := range m.Attributes {
			if a.Key != instruments.ErrorTypeKey && !strings.HasPrefix(string(a.Key), "lmcache.") || strings.ToLower(string(a.Key)) != string(a.Key) {
				t.Errorf("%s: the attribute %q, want lower case that starts with lmcache., or error.type", m.Name, a.Key)
			}
			if !strings.HasSuffix(a.Description, ".") {
				t.Errorf("%s: the description of %s is %q, want a sentence", m.Name, a.Key, a.Description)
			}
			if of[a.Key] || slices.Contains(identity, a.Key) {
				t.Errorf("%s has %s twice", m.Name, a.Key)
			}
			of[a.Key] = true
			if other, ok := seen[a.Key]; ok && !reflect.DeepEqual(a, other) {
				t.Errorf("%s: %s is %+v, and %+v elsewhere", m.Name, a.Key, a, other)
			}
			seen[a.Key] = a
			values := map[string]bool{}
			for _, v := range a.Values {
				if v.Name == "" || values[v.Name] {
					t.Errorf("%s: the value %q of %s is empty or there twice", m.Name, v.Name, a.Key)
				}
				values[v.Name] = true
			}
		}
	}
	keys := slices.AppendSeq(identity, maps.Keys(seen))
	for _, key := range keys {
		for _, other := range keys {
			if strings.HasPrefix(string(other), string(key)+".") {
				t.Errorf("the attribute %s is the namespace of %s", key, other)
			}
		}
	}
}

func TestScaledBounds(t *testing.T) {
	get := instruments.RemoteGetDuration.Metric()
	if got := get.Bounds[1]; got != 0.005 {
		t.Errorf("5 ms is %v s", got)
	}
	life := instruments.ChunkLifespan.Metric()
	if got := life.Bounds[1]; got != 60 {
		t.Errorf("1 min is %v s", got)
	}
	if got := instruments.ChunkStatisticsBloomFilterSize.Metric().LMCache.Scale.Apply(3 << 20); got != 3 {
		t.Errorf("3 MiB is %v MB", got)
	}
	for ms := range 20000 { // every whole bound somebody may configure comes back as written
		if got := get.LMCache.Scale.Apply(get.LMCache.Scale.Undo(float64(ms))); got != float64(ms) {
			t.Fatalf("%d ms came back as %v", ms, got)
		}
	}
	largest := math.MaxFloat64 / 1000
	for in, want := range map[float64]float64{math.Inf(1): math.Inf(1), largest: largest * 1000} {
		if got := get.LMCache.Scale.Apply(in); got != want {
			t.Errorf("%v became %v, want %v", in, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	names := []string{"lmcache.retrieve.duration", "lmcache:time_to_retrieve", "time_to_retrieve"}
	if got := instruments.RetrieveDuration.Metric().Names(); !slices.Equal(got, names) {
		t.Errorf("the names are %q, want %q", got, names)
	}
	for _, name := range names {
		m, ok := instruments.Lookup(name)
		if !ok || m.Name != "lmcache.retrieve.duration" {
			t.Errorf("Lookup(%q) = %q, %v", name, m.Name, ok)
		}
	}
	for _, name := range []string{"", "lmcache:", "nonsense"} {
		if m, ok := instruments.Lookup(name); ok {
			t.Errorf("Lookup(%q) found %q", name, m.Name)
		}
	}
}

// TestIdentifiers holds that a variable is named after its metric.
func TestIdentifiers(t *testing.T) {
	variables := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name := range f.Scope.Objects {
			variables[name] = true
		}
	}
	for _, m := range instruments.All() {
		if !variables[m.Identifier()] {
			t.Errorf("there is no variable %s of %s", m.Identifier(), m.Name)
		}
	}
}

// TestHandles holds that indexes count from 1 in the order of the lists, and that
// lists and catalog have the same metrics.
func TestHandles(t *testing.T) {
	n := wantHandles(t, instruments.Counters(), instruments.KindCounter) +
		wantHandles(t, instruments.UpDownCounters(), instruments.KindUpDownCounter) +
		wantHandles(t, instruments.Gauges(), instruments.KindGauge) +
		wantHandles(t, instruments.Histograms(), instruments.KindHistogram) +
		wantHandles(t, instruments.ObservableGauges(), instruments.KindObservableGauge) +
		wantHandles(t, instruments.ProcessCounters(), instruments.KindCounter) +
		wantHandles(t, instruments.ExporterMetrics(), instruments.KindCounter, instruments.KindGauge)
	if all := instruments.All(); n != len(all) {
		t.Errorf("%d handles of %d metrics", n, len(all))
	}
	for _, m := range instruments.All() {
		if m.Process != strings.HasPrefix(m.Name, "lmcache.otel.") {
			t.Errorf("%s is of the process: %t", m.Name, m.Process)
		}
	}
	zero := instruments.Histogram{}
	if zero.Index() != 0 || zero.String() != "" || zero.Metric().Name != "" {
		t.Errorf("the zero handle is %d, %s", zero.Index(), zero)
	}
}

func wantHandles[H interface {
	Index() int
	String() string
}](t *testing.T, handles []H, kinds ...instruments.Kind) int {
	t.Helper()
	for i, h := range handles {
		if m, _ := instruments.Lookup(h.String()); h.Index() != i+1 || !slices.Contains(kinds, m.Kind) {
			t.Errorf("%s %s has index %d, want %d of one of %v", m.Kind, h.String(), h.Index(), i+1, kinds)
		}
	}
	return len(handles)
}

// The catalog is shared by the whole process: nobody may change it through what
// it hands out.
func TestCatalogCannotBeChanged(t *testing.T) {
	m := instruments.RetrieveDuration.Metric()
	m.Bounds[0], m.LMCache.Bounds[0] = -1, -1
	instruments.All()[0].Name = "changed"
	ops := instruments.OperationPhaseDuration.Metric().Attributes
	ops[0].Values[0].Name, ops[1].Key = "changed", "changed"
	if got := instruments.OperationPhaseDuration.Metric().Attributes; got[0].Values[0].Name != "lookup" || got[1].Key != instruments.PhaseKey {
		t.Errorf("attributes changed: %v", got)
	}
	if got := instruments.RetrieveDuration.Metric(); got.Bounds[0] != 0.001 || got.LMCache.Bounds[0] != 0.001 {
		t.Errorf("bounds changed: %v, %v", got.Bounds, got.LMCache.Bounds)
	}
	if _, ok := instruments.Lookup("changed"); ok {
		t.Error("the catalog changed through All")
	}
}
