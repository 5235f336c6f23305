// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// root is the path of the module that the repository is named after.
const root = "github.com/lmcache-go/lmcache-otel"

// goModule is a module of the repository.
type goModule struct {
	*modfile.File

	dir string // relative to the repository, "." for the root
}

func (m goModule) path() string { return m.Module.Mod.Path }

// released reports whether services may require the module. The others are
// for people who read the repository.
func (m goModule) released() bool {
	return !strings.HasPrefix(m.path(), root+"/docs") && !strings.HasPrefix(m.path(), root+"/examples")
}

// modules returns the modules of the repository by their path.
func modules(t *testing.T) map[string]goModule {
	t.Helper()
	all := map[string]goModule{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() != ".." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.Name() != "go.mod" {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parsed, err := modfile.Parse(file, content, nil)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel("..", filepath.Dir(file))
		all[parsed.Module.Mod.Path] = goModule{parsed, filepath.ToSlash(dir)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// goPackage is a package as "go list" describes it.
type goPackage struct {
	ImportPath, Name string
	Imports          []string
}

func (m goModule) packages(t *testing.T) []goPackage {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Imports", "./...")
	list.Dir = filepath.Join("..", m.dir)
	list.Stderr = t.Output()
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", m.dir, err)
	}
	var all []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestModulesArePlacedByTheirPath holds what tags of releases rely on.
func TestModulesArePlacedByTheirPath(t *testing.T) {
	for name, m := range modules(t) {
		if want := path.Join(root, m.dir); name != want {
			t.Errorf("the module in %s is %s, want %s", m.dir, name, want)
		}
	}
}

// TestModulesRequireOneAnother holds that the modules can be released
// together: each requires the others at the version of the release, and finds
// them in the repository until then.
func TestModulesRequireOneAnother(t *testing.T) {
	all := modules(t)
	for _, m := range all {
		for _, r := range m.Require {
			other, ours := all[r.Mod.Path]
			if !ours {
				continue
			}
			if want := "v" + otelcache.Version; r.Mod.Version != want {
				t.Errorf("%s requires %s %s, want %s", m.dir, r.Mod.Path, r.Mod.Version, want)
			}
			if m.released() && !other.released() {
				t.Errorf("%s requires %s, which is not released", m.dir, r.Mod.Path)
			}
		}
		want := map[string]string{}
		for name := range reached(all, m) {
			place, err := filepath.Rel(m.dir, all[name].dir)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(place, ".") {
				place = "./" + place
			}
			want[name] = filepath.ToSlash(place)
		}
		got := map[string]string{}
		for _, r := range m.Replace {
			got[r.Old.Path] = r.New.Path
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s has the replace lines %v, want %v", m.dir, got, want)
		}
	}
}

// reached returns the modules of the repository that m requires, and that
// those require.
func reached(all map[string]goModule, m goModule) map[string]bool {
	found := map[string]bool{}
	var visit func(goModule)
	visit = func(from goModule) {
		for _, r := range from.Require {
			if to, ours := all[r.Mod.Path]; ours && !found[r.Mod.Path] {
				found[r.Mod.Path] = true
				visit(to)
			}
		}
	}
	visit(m)
	return found
}

// TestModulesAskForLittle holds that a service keeps its Go version, and what
// the root module requires: OpenTelemetry's API and SDK, and libraries for
// tests that no service has an opinion about.
func TestModulesAskForLittle(t *testing.T) {
	all := modules(t)
	for _, m := range all {
		if m.released() && m.Go.Version != all[root].Go.Version {
			t.Errorf("%s wants Go %s, the root %s", m.dir, m.Go.Version, all[root].Go.Version)
		}
		if m.Toolchain != nil {
			t.Errorf("%s wants a toolchain, %s", m.dir, m.Toolchain.Name)
		}
	}
	var got []string
	for _, r := range all[root].Require {
		if !r.Indirect {
			got = append(got, r.Mod.Path)
		}
	}
	want := []string{
		"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/metric", "go.opentelemetry.io/otel/sdk",
		"go.opentelemetry.io/otel/sdk/metric", "go.opentelemetry.io/otel/trace", "go.uber.org/goleak", "pgregory.net/rapid",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the root requires\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
