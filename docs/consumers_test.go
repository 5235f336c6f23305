// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestConsumersBuild builds the programs of the documentation as a user does
// after a release: in a module of its own, without replace lines, with the
// modules of this checkout from a module proxy.
func TestConsumersBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs with all their dependencies: not in short mode")
	}
	t.Parallel()
	env := consumerEnv(t, serveModules(t))
	for name, code := range consumers(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{
				{"mod", "init", "example.com/consumer"},
				{"mod", "tidy"},
				{"build", "-o", filepath.Join(dir, "program"), "."},
			} {
				command := exec.CommandContext(t.Context(), "go", args...)
				command.Dir, command.Env = dir, env
				if out, err := command.CombinedOutput(); err != nil {
					t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
		})
	}
}

// consumers returns the source of every whole program in the documentation,
// and of one that imports every package that services may import.
func consumers(t *testing.T) map[string]string {
	t.Helper()
	programs := map[string]string{}
	for _, page := range pages(t) {
		for i, block := range goBlock.FindAllStringSubmatch(readPage(t, page), -1) {
			if strings.HasPrefix(block[1], "package main\n") {
				programs[fmt.Sprintf("%s, block %d", filepath.Base(page), i)] = block[1]
			}
		}
	}
	if len(programs) == 0 {
		t.Fatal("no program in the documentation")
	}
	var imports strings.Builder
	for _, m := range modules(t) {
		if !m.released() {
			continue
		}
		for _, p := range m.packages(t) {
			if p.Name != "main" && !slices.Contains(strings.Split(p.ImportPath, "/"), "internal") {
				fmt.Fprintf(&imports, "import _ %q\n", p.ImportPath)
			}
		}
	}
	programs["every package"] = "package main\n\n" + imports.String() + "\nfunc main() {}\n"
	return programs
}

// serveModules packs the modules that services may require, and returns the
// directory of a module proxy that has them.
func serveModules(t *testing.T) string {
	t.Helper()
	proxy := t.TempDir()
	for name, m := range modules(t) {
		if !m.released() {
			continue
		}
		version := module.Version{Path: name, Version: "v" + otelcache.Version}
		escaped, err := module.EscapePath(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		packed, err := os.Create(filepath.Join(dir, version.Version+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if err := zip.CreateFromDir(packed, version, filepath.Join("..", m.dir)); err != nil {
			t.Fatal(err)
		}
		if err := packed.Close(); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{
			"list":                    version.Version + "\n",
			version.Version + ".info": fmt.Sprintf(`{"Version": %q}`, version.Version),
			version.Version + ".mod":  readPage(t, filepath.Join("..", m.dir, "go.mod")),
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return proxy
}

// consumerEnv returns an environment in which the go command finds modules in
// the proxy, then among those that this machine has downloaded, then where it
// usually does. Its own downloads start empty.
func consumerEnv(t *testing.T, proxy string) []string {
	t.Helper()
	usual := func(name string) string {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	downloads := filepath.Join(usual("GOMODCACHE"), "cache", "download")
	return append(os.Environ(),
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(downloads)+","+usual("GOPROXY"),
		"GONOSUMDB=github.com/lmcache-go",
		"GOMODCACHE="+t.TempDir(),
		"GOWORK=off",
		// Files in the module cache are read-only otherwise and outlive the test.
		// Without -trimpath, no build finds in its cache what another has built.
		"GOFLAGS="+usual("GOFLAGS")+" -modcacherw -trimpath",
	)
}
