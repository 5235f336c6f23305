// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/lmcache-go/lmcache-otel"

// dependencies returns the import paths that pkg compiles, itself included.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", module+pkg)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}

// TestWhatAServiceCompiles holds the README's promise: recording needs OpenTelemetry's API, and neither an SDK nor an exporter.
func TestWhatAServiceCompiles(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"/otelcache", "/otelcache/propagation", "/instruments"} {
		for _, dep := range dependencies(t, pkg) {
			for _, heavy := range []string{"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "google.golang.org", "github.com/prometheus"} {
				if strings.HasPrefix(dep, heavy) {
					t.Errorf("%s compiles %s", pkg, dep)
				}
			}
		}
	}
}

// TestArrows holds which of the module's packages import which others.
func TestArrows(t *testing.T) {
	t.Parallel()
	for pkg, allowed := range map[string][]string{
		"/instruments":           nil,
		"/otelcache":             {"/instruments"},
		"/otelcache/propagation": nil,
		"/views":                 {"/instruments"},
		"/exporters/prometheus":  {"/instruments", "/views"},
	} {
		for _, dep := range dependencies(t, pkg) {
			ours, ok := strings.CutPrefix(dep, module)
			if ok && ours != pkg && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, want at most %v", pkg, ours, allowed)
			}
		}
	}
}
