// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestWhatAServiceCompiles holds the README's promise: recording needs
// OpenTelemetry's API, and neither an SDK nor an exporter.
func TestWhatAServiceCompiles(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"otelcache", "otelcache/propagation", "instruments"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+pkg)
		list.Dir = ".."
		list.Stderr = t.Output()
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list %s: %v", pkg, err)
		}
		for _, dep := range strings.Fields(string(out)) {
			for _, heavy := range []string{"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "google.golang.org", "github.com/prometheus"} {
				if strings.HasPrefix(dep, heavy) {
					t.Errorf("%s compiles %s", pkg, dep)
				}
			}
		}
	}
}

// arrows are the parts of the repository that each part may import, besides
// itself. A part is a directory with what is below it, except other parts.
var arrows = map[string][]string{
	"instruments":           nil,
	"otelcache":             {"instruments"},
	"otelcache/propagation": nil,
	"views":                 {"instruments"},
	"exporters":             {"instruments", "views"},
	"docs":                  {"instruments", "otelcache", "otelcache/propagation", "views", "exporters"},
	"examples":              {"instruments", "otelcache", "otelcache/propagation", "views", "exporters"},
}

// TestArrows holds which packages import which others, in all modules.
func TestArrows(t *testing.T) {
	t.Parallel()
	for _, m := range modules(t) {
		for _, p := range m.packages(t) {
			from := part(t, p.ImportPath)
			for _, dep := range p.Imports {
				if dep != root && !strings.HasPrefix(dep, root+"/") {
					continue
				}
				if to := part(t, dep); to != from && !slices.Contains(arrows[from], to) {
					t.Errorf("%s imports %s, want at most %q", p.ImportPath, dep, arrows[from])
				}
			}
		}
	}
}

// part returns the part of the repository that a package belongs to.
func part(t *testing.T, importPath string) string {
	t.Helper()
	found := ""
	for name := range arrows {
		if strings.HasPrefix(importPath+"/", root+"/"+name+"/") && len(name) > len(found) {
			found = name
		}
	}
	if found == "" {
		t.Errorf("%s belongs to no part of the repository", importPath)
	}
	return found
}
