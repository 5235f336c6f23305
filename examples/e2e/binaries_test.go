// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// The programs of backends.sh, by the names that it gives them.
const (
	collectorProgram  = "collector"
	jaegerProgram     = "jaeger"
	prometheusProgram = "prometheus"
)

// programPaths asks backends.sh, which knows the versions, where the programs are.
var programPaths = sync.OnceValues(func() (map[string]string, error) {
	out, err := exec.Command("bash", "backends.sh", "paths").Output()
	if err != nil {
		return nil, fmt.Errorf("backends.sh paths: %w", err)
	}
	paths := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, path, _ := strings.Cut(strings.TrimSpace(line), "=")
		paths[name] = path
	}
	return paths, nil
})

// requiredVariable makes a missing program an error when it is "required", as CI sets it: tests that skip prove nothing.
const requiredVariable = "LMCACHE_OTEL_E2E"

// programPath returns the path of a program of backends.sh and skips the test where it has not been built.
func programPath(t *testing.T, name string) string {
	t.Helper()
	paths, err := programPaths()
	if err != nil {
		t.Fatal(err)
	}
	path, ok := paths[name]
	if !ok {
		t.Fatalf("backends.sh knows no program %q", name)
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv(requiredVariable) == "required" {
			t.Fatalf("%s is not built, and %s=required: run `make e2e-backends` at the top of the repository", name, requiredVariable)
		}
		t.Skipf("%s is not built: run `make e2e-backends` at the top of the repository (about 14 minutes) and try again", name)
	}
	return path
}

// replayPath builds examples/replay once for all tests. TestMain removes it.
var replayPath = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "replay")
	out, err := exec.Command("go", "build", "-C", "..", "-o", path, "./replay").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build ./replay: %w\n%s", err, out)
	}
	return path, nil
})

// binaries is where replayPath builds.
var binaries string

// TestMain fails when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(withBinaries{m}) }

// withBinaries runs the tests with a directory for the binaries.
type withBinaries struct{ tests *testing.M }

func (w withBinaries) Run() int {
	dir, err := os.MkdirTemp("", "lmcache-otel-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaries = dir
	return w.tests.Run()
}
