// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestFirstProgramServesWhatReadmeShows runs the first program of README and looks for the lines of its picture on the page. A "…" in a line
// stands for anything.
func TestFirstProgramServesWhatReadmeShows(t *testing.T) {
	readme := readPage(t, "../README.md")
	const address = "127.0.0.1:9464"
	code := goBlock.FindStringSubmatch(readme)[1]
	if !strings.Contains(code, address) {
		t.Fatalf("the first program does not listen on %s:\n%s", address, code)
	}
	free := freeAddress(t)
	binary := buildProgram(t, strings.ReplaceAll(code, address, free))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run := exec.CommandContext(ctx, binary)
	run.Stderr = t.Output()
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = run.Wait() // killed
	}()
	page := get(t, "http://"+free+"/metrics")

	lines := regexp.MustCompile(`(?m)^lmcache.* \d+$`).FindAllString(readme, -1)
	if len(lines) == 0 {
		t.Fatal("no metrics in README")
	}
	for _, line := range lines {
		pattern := "(?m)^" + strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + "$"
		if !regexp.MustCompile(pattern).MatchString(page) {
			t.Errorf("the program does not serve %s", line)
		}
	}
}

func buildProgram(t *testing.T, code string) (binary string) {
	t.Helper()
	dir := t.TempDir()
	source, overlay, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "program")
	here, err := filepath.Abs("program")
	if err != nil {
		t.Fatal(err)
	}
	files, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "main.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{source: code, overlay: string(files)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", binary, "./program").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get waits until the page is served.
func get(t *testing.T, url string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(url)
		if err == nil {
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s, %v\n%s", url, response.Status, err, body)
			}
			return string(body)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
