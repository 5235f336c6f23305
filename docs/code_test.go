// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	// Which code on the pages imports.
	_ "github.com/go-logr/logr"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "go.uber.org/zap/exp/zapslog"

	_ "github.com/lmcache-go/lmcache-otel/exporters/auto"
)

// Names that parts of programs may use: packages, what is given to the code and functions that stand for the reader's own.
var (
	packages = map[string]string{
		"attribute":   "go.opentelemetry.io/otel/attribute",
		"auto":        "github.com/lmcache-go/lmcache-otel/exporters/auto",
		"bound":       "github.com/lmcache-go/lmcache-otel/exporters/bound",
		"client":      "github.com/prometheus/client_golang/prometheus",
		"context":     "context",
		"errors":      "errors",
		"http":        "net/http",
		"instruments": "github.com/lmcache-go/lmcache-otel/instruments",
		"log":         "log",
		"logr":        "github.com/go-logr/logr",
		"otel":        "go.opentelemetry.io/otel",
		"otelcache":   "github.com/lmcache-go/lmcache-otel/otelcache",
		"prometheus":  "github.com/lmcache-go/lmcache-otel/exporters/prometheus",
		"propagation": "github.com/lmcache-go/lmcache-otel/otelcache/propagation",
		"sdkmetric":   "go.opentelemetry.io/otel/sdk/metric",
		"slog":        "log/slog",
		"time":        "time",
		"trace":       "go.opentelemetry.io/otel/trace",
		"views":       "github.com/lmcache-go/lmcache-otel/views",
		"zap":         "go.uber.org/zap",
		"zapslog":     "go.uber.org/zap/exp/zapslog",
	}
	parameters = []string{
		"ctx context.Context", "mon *otelcache.Monitor", "provider *sdkmetric.MeterProvider", "mux *http.ServeMux",
		"tokens []int", "hits int", "headers map[string]string", "hotCache interface{ Len() int }",
		"send func(context.Context, map[string]string, []int) error", "serve func(context.Context, []int) error",
		"copyBlocks func(context.Context) error", "engine otelcache.Engine", "errTierDown error",
		"logger *otelcache.StatsLogger", "logrLogger logr.Logger", "zapLogger *zap.Logger", "registry client.Registerer",
	}
	goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")
)

// program makes a file of a piece of code, which may be one already or a few statements.
func program(code string) string {
	if strings.HasPrefix(code, "package ") {
		return code
	}
	if !strings.HasSuffix(strings.TrimSpace(code), "\nreturn nil") && !strings.Contains(code, "\nreturn mon.Close()") {
		code += "return nil\n"
	}
	// The block of its own lets the code declare what is given to other code.
	code = fmt.Sprintf("func example(%s) error {\n{\n%s}\n}\n\nvar _ = example\n", strings.Join(parameters, ", "), code)
	var imports strings.Builder
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(code) {
			fmt.Fprintf(&imports, "import %s %q\n", name, packages[name])
		}
	}
	return "package example\n\n" + imports.String() + code
}

// TestCodeCompiles builds every piece of Go in the documentation, as packages that exist for the go command only.
func TestCodeCompiles(t *testing.T) {
	dir := t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]string{}
	args := []string{"build", "-overlay", filepath.Join(dir, "overlay.json")}
	for _, page := range pages(t) {
		if strings.HasPrefix(page, "../examples/") {
			continue // of another module, with packages of its own
		}
		for i, block := range goBlock.FindAllStringSubmatch(readPage(t, page), -1) {
			name := fmt.Sprintf("%s%d", regexp.MustCompile(`\W`).ReplaceAllString(filepath.Base(page), "_"), i)
			file := filepath.Join(dir, name+".go")
			if err := os.WriteFile(file, []byte(program(block[1])), 0o600); err != nil {
				t.Fatal(err)
			}
			overlay[filepath.Join(here, name, "example.go")] = file
			args = append(args, "./"+name)
		}
	}
	if len(overlay) == 0 {
		t.Fatal("no Go in the documentation")
	}
	files, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), files, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
