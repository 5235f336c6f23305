// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestMetricNamesExist looks up every name of a metric, in any vocabulary, and of an attribute or span.
func TestMetricNamesExist(t *testing.T) {
	known := map[string]bool{"lmcache_otel": true}
	for _, key := range []attribute.Key{instruments.WorkerIDKey, instruments.RoleKey, instruments.ServedModelNameKey} {
		known[labelOf(key)] = true
	}
	for _, m := range instruments.All() {
		known[m.Name], known[m.LMCache.ShortName()] = true, true
		for _, a := range m.Attributes {
			known[string(a.Key)], known[labelOf(a.Key)] = true, true
		}
		for _, name := range []string{prometheus.OTel.FamilyName(m), prometheus.LMCache.FamilyName(m)} {
			known[name] = true
			if m.Kind == instruments.KindHistogram {
				known[name+"_bucket"], known[name+"_sum"], known[name+"_count"] = true, true, true
			}
		}
	}
	for _, span := range recordSpans(t) {
		known[span.Name()] = true
		for _, kv := range span.Attributes() {
			known[string(kv.Key)] = true
		}
	}
	name := regexp.MustCompile("\\blmcache[:_][a-z0-9_]+|`lmcache\\.[a-z0-9_.]+`")
	for _, page := range pages(t) {
		for _, found := range name.FindAllString(readPage(t, page), -1) {
			if !known[strings.Trim(found, "`")] {
				t.Errorf("%s: %s is neither a metric, an attribute nor a span", page, found)
			}
		}
	}
}

// labelOf returns the native name of an attribute on Prometheus.
func labelOf(key attribute.Key) string { return strings.ReplaceAll(string(key), ".", "_") }

// TestIdentifiersExist looks up what the documentation says of our packages: otelcache.New, instruments.RemotePutTasks and so on.
func TestIdentifiersExist(t *testing.T) {
	folders := map[string]string{
		"auto": "exporters/auto", "instruments": "instruments", "otelcache": "otelcache",
		"prometheus": "exporters/prometheus", "propagation": "otelcache/propagation", "views": "views",
	}
	exported := map[string]map[string]bool{}
	identifier := regexp.MustCompile(`\b(auto|instruments|otelcache|prometheus|propagation|views)\.([A-Z]\w*)`)
	for _, page := range pages(t) {
		for _, m := range identifier.FindAllStringSubmatch(readPage(t, page), -1) {
			if exported[m[1]] == nil {
				exported[m[1]] = exportedNames(t, filepath.Join("..", folders[m[1]]))
			}
			if !exported[m[1]][m[2]] {
				t.Errorf("%s: there is no %s", page, m[0])
			}
		}
	}
}

func exportedNames(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go in %s (%v)", folder, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						names[s.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range s.Names {
							names[n.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}

// TestMethodsExist looks up what the documentation calls on our types, under the types' names and those of its variables.
func TestMethodsExist(t *testing.T) {
	types := map[string]reflect.Type{
		"Monitor": reflect.TypeFor[*otelcache.Monitor](), "mon": reflect.TypeFor[*otelcache.Monitor](),
		"Lookup": reflect.TypeFor[otelcache.Lookup](), "lookup": reflect.TypeFor[otelcache.Lookup](),
		"Retrieve": reflect.TypeFor[otelcache.Retrieve](), "retrieve": reflect.TypeFor[otelcache.Retrieve](),
		"Store": reflect.TypeFor[otelcache.Store](), "store": reflect.TypeFor[otelcache.Store](),
		"Transfer": reflect.TypeFor[otelcache.Transfer](), "transfer": reflect.TypeFor[otelcache.Transfer](),
		"RemoteGet": reflect.TypeFor[otelcache.RemoteGet](), "get": reflect.TypeFor[otelcache.RemoteGet](),
		"RemotePut": reflect.TypeFor[otelcache.RemotePut](), "put": reflect.TypeFor[otelcache.RemotePut](),
		"Phase": reflect.TypeFor[*otelcache.Phase](), "phase": reflect.TypeFor[*otelcache.Phase](),
		"Cursor": reflect.TypeFor[*otelcache.Cursor](), "cursor": reflect.TypeFor[*otelcache.Cursor](),
		"StatsLogger": reflect.TypeFor[*otelcache.StatsLogger](), "logger": reflect.TypeFor[*otelcache.StatsLogger](),
		"Engines": reflect.TypeFor[*otelcache.Engines](), "engines": reflect.TypeFor[*otelcache.Engines](),
		"PendingLookup": reflect.TypeFor[otelcache.PendingLookup](), "pending": reflect.TypeFor[otelcache.PendingLookup](),
		"Stats":       reflect.TypeFor[*otelcache.Stats](),
		"observation": reflect.TypeFor[*otelcache.Observation](),
	}
	member := regexp.MustCompile(`(^|[^.\w])(\w+)\.([A-Z]\w*)`)
	for _, page := range pages(t) {
		for _, m := range member.FindAllStringSubmatch(readPage(t, page), -1) {
			of, ok := types[m[2]]
			if !ok {
				continue
			}
			_, exists := of.MethodByName(m[3])
			if of.Kind() == reflect.Pointer {
				of = of.Elem()
			}
			if _, field := of.FieldByName(m[3]); !exists && !field {
				t.Errorf("%s: there is no %s.%s", page, m[2], m[3])
			}
		}
	}
}

// TestMigrationIsComplete holds the migration guide against LMCache's gauges and against the statistics.
func TestMigrationIsComplete(t *testing.T) {
	guide := readPage(t, "migrating-from-lmcache.md")
	for _, g := range instruments.ObservableGauges() {
		m := g.Metric()
		if row := "| `" + m.LMCache.ShortName() + "` | `instruments." + m.Identifier() + "` |\n"; !strings.Contains(guide, row) {
			t.Errorf("not in the guide: %s", row)
		}
	}
	for _, m := range instruments.All() {
		inStats := m.Kind != instruments.KindObservableGauge && m.LMCache.Name != ""
		if inStats && !strings.Contains(guide, "`Stats."+m.Identifier()+"`") {
			t.Errorf("not in the guide: Stats.%s", m.Identifier())
		}
	}
}
