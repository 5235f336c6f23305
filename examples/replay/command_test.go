// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"go.uber.org/goleak"
)

// program is the replay, built once.
var program string

// TestMain fails when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(withProgram{m}) }

// withProgram runs the tests with the program.
type withProgram struct{ tests *testing.M }

func (w withProgram) Run() int {
	dir, err := os.MkdirTemp("", "replay-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "replay")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return w.tests.Run()
}

// command is a replay that runs as a process of its own, on a free port.
type command struct {
	*exec.Cmd
	stdout, stderr syncBuffer
}

func startCommand(t *testing.T, env []string, args ...string) *command {
	t.Helper()
	c := &command{Cmd: exec.Command(program, append([]string{"-listen", "127.0.0.1:0"}, args...)...)}
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	c.Env = []string{"HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR")}
	c.Env = append(c.Env, env...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	return c
}

// status waits for the end, and fails the test if it does not come.
func (c *command) status(t *testing.T) int {
	t.Helper()
	killer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	_ = c.Wait() // the status is in ProcessState
	if !killer.Stop() {
		t.Fatalf("the replay did not end; stderr:\n%s", c.stderr.String())
	}
	if strings.Contains(c.stderr.String(), "goroutine ") {
		t.Errorf("there is a stack trace on stderr:\n%s", c.stderr.String())
	}
	return c.ProcessState.ExitCode()
}

func (c *command) expectStatus(t *testing.T, want int) {
	t.Helper()
	if got := c.status(t); got != want {
		t.Errorf("got status %d, want %d; stderr:\n%s", got, want, c.stderr.String())
	}
}

// awaitStderr waits until stderr matches, and returns the first group of the match.
func (c *command) awaitStderr(t *testing.T, expression string) string {
	t.Helper()
	re := regexp.MustCompile(expression)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := re.FindStringSubmatch(c.stderr.String()); m != nil {
			return m[len(m)-1]
		}
	}
	t.Fatalf("stderr never matched %q:\n%s", expression, c.stderr.String())
	return ""
}

// url waits until the replay serves.
func (c *command) url(t *testing.T) string {
	t.Helper()
	return c.awaitStderr(t, `metrics at (http://\S+)/metrics`)
}

func get(t *testing.T, url, accept string) (body, contentType string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Accept": {accept}}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: got %s: %s", url, resp.Status, b)
	}
	return string(b), resp.Header.Get("Content-Type")
}

// writeTrace writes a trace of requests that are far apart in time.
func writeTrace(t *testing.T, requests int, apart time.Duration) string {
	t.Helper()
	var lines strings.Builder
	for i := range requests {
		line, err := json.Marshal(map[string]any{
			"timestamp": int64(i) * apart.Milliseconds(), "input_length": 1000, "output_length": 1, "hash_ids": []int{0, i + 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	return writeFile(t, lines.String())
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommand(t *testing.T) {
	c := startCommand(t, nil, "-linger", "0s")
	c.expectStatus(t, statusDone)
	for _, want := range []string{
		"requests", "277 of 277", "prompt tokens", "hit by lookups", "from memory", "from disk", "from remote", "throughput",
		"p50", "p90", "p99", "process_tokens", "to_gpu", "from_gpu", "put",
	} {
		if !strings.Contains(c.stdout.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, c.stdout.String())
		}
	}
	if strings.Contains(c.stdout.String(), "http://") {
		t.Errorf("the table names a server that is gone:\n%s", c.stdout.String())
	}
	if strings.Contains(c.stderr.String(), "\r") {
		t.Errorf("there is a progress bar although stderr is not a terminal: %q", c.stderr.String())
	}
}

func TestCommandRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	malformed := writeFile(t, `{"timestamp":0,"input_length":5,"output_length":1,"hash_ids":[1]}`+"\n\n{\"timestamp\":\n")
	missing := filepath.Join(t.TempDir(), "missing.jsonl")

	for _, c := range []struct {
		name   string
		args   []string
		env    []string
		status int
		want   string
	}{
		{"malformed line", []string{"-trace", malformed}, nil, 1, malformed + ":3: "},
		{"missing trace", []string{"-trace", missing}, nil, 1, missing + ": no such file"},
		{"a folder as trace", []string{"-trace", t.TempDir()}, nil, 1, "is a directory"},
		{"empty trace", []string{"-trace", writeFile(t, "")}, nil, 1, "no requests"},
		{"taken port", []string{"-listen", taken.Addr().String()}, nil, 1, "address already in use"},
		{"unreachable Redis", []string{"-redis", closed.Addr().String()}, nil, 1, "Redis at " + closed.Addr().String()},
		{"disk below a file", []string{"-disk", filepath.Join(malformed, "kv")}, nil, 1, "disk tier"},
		{"unknown flag", []string{"-bogus"}, nil, 2, "-bogus"},
		{"an argument", []string{"trace.jsonl"}, nil, 2, "trace.jsonl"},
		{"unknown names", []string{"-names", "foo"}, nil, 2, "otel, lmcache, both"},
		{"unknown instruments", []string{"-instruments", "foo"}, nil, 2, "bound, sdk"},
		{"no workers", []string{"-workers", "0"}, nil, 2, "-workers is 0"},
		{"negative speed", []string{"-speed", "-1"}, nil, 2, "-speed is -1"},
		{"speed that is none", []string{"-speed", "NaN"}, nil, 2, "-speed is NaN"},
		{"negative size", []string{"-cpu-bytes", "-1"}, nil, 2, "-cpu-bytes is -1"},
		{"no bytes", []string{"-bytes-per-token", "0"}, nil, 2, "-bytes-per-token is 0"},
		{"negative linger", []string{"-linger", "-1s"}, nil, 2, "0 or more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := startCommand(t, c.env, append([]string{"-linger", "0s"}, c.args...)...)
			cmd.expectStatus(t, c.status)
			if got := cmd.stderr.String(); !strings.Contains(got, c.want) {
				t.Errorf("got stderr %q, want %q in it", got, c.want)
			}
			if got := cmd.stderr.String(); c.status == 2 && !regexp.MustCompile(`^replay: .*\nrun replay -h for help\n$`).MatchString(got) {
				t.Errorf("got stderr %q, want one line and where help is", got)
			}
			if got := cmd.stderr.String(); c.status == 1 && strings.Count(got, "\n") != 1 {
				t.Errorf("got stderr %q, want one line", got)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	c := startCommand(t, nil, "-h")
	c.expectStatus(t, statusDone)
	for _, want := range []string{
		"Usage: replay [flags]", "-cpu-bytes", "(default both)", "(default bound)", "(default until interrupted)", "Examples:", "Exit status:",
	} {
		if !strings.Contains(c.stderr.String(), want) {
			t.Errorf("the help has no %q:\n%s", want, c.stderr.String())
		}
	}
}

// TestOneRequest: it is not "1 requests".
func TestOneRequest(t *testing.T) {
	c := startCommand(t, nil, "-linger", "0s", "-trace", writeTrace(t, 1, 0))
	c.expectStatus(t, statusDone)
	for _, want := range []string{"replay: 1 request of ", "replay: 1 of 1 request\n"} {
		if !strings.Contains(c.stderr.String(), want) {
			t.Errorf("got stderr %q, want %q in it", c.stderr.String(), want)
		}
	}
}

// TestInterrupt stops a replay that would take an hour.
func TestInterrupt(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			trace := writeTrace(t, 3600, time.Second)
			// The spans wait for the end, so that they are there only if the exporter is flushed.
			c := startCommand(t, []string{"OTEL_TRACES_EXPORTER=console", "OTEL_BSP_SCHEDULE_DELAY=3600000"}, "-trace", trace, "-speed", "1")
			url := c.url(t) + "/metrics"
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				page, _ := get(t, url, "")
				if regexp.MustCompile(`(?m)^lmcache:num_store_requests_total\{.*\} 1$`).MatchString(page) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the first request was never served")
				}
			}
			if err := c.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			c.expectStatus(t, statusInterrupted)
			// Spans go to stdout, so that the table does not.
			if !strings.Contains(c.stderr.String(), " of 3600 in ") {
				t.Errorf("the table is not on stderr:\n%s", c.stderr.String())
			}
			if !regexp.MustCompile(`(?m)^replay: interrupted after \d+ of 3600 requests$`).MatchString(c.stderr.String()) {
				t.Errorf("got stderr %q, want how far it came", c.stderr.String())
			}
			if !strings.Contains(c.stdout.String(), `"Name":"lmcache.store"`) || strings.Contains(c.stdout.String(), " of 3600 in ") {
				t.Errorf("got stdout %.2000q, want spans and no table", c.stdout.String())
			}
		})
	}
}

// TestInterruptWhileServing: the replay is done and waits for Ctrl-C.
func TestInterruptWhileServing(t *testing.T) {
	c := startCommand(t, nil)
	url := c.url(t)
	c.awaitStderr(t, "serving until Ctrl-C")
	if !strings.Contains(c.stdout.String(), url+"/metrics") {
		t.Errorf("the table does not say where the metrics are:\n%s", c.stdout.String())
	}
	if page, _ := get(t, url+"/", ""); !strings.Contains(page, `href="/metrics"`) {
		t.Errorf("the index does not link to the metrics: %s", page)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.expectStatus(t, statusInterrupted)
}

// TestLinger serves for a while and ends by itself.
func TestLinger(t *testing.T) {
	began := time.Now()
	c := startCommand(t, nil, "-linger", "300ms")
	c.expectStatus(t, statusDone)
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("it ended after %v, want 300ms or more", took)
	}
}

// TestUnknownExporter warns, and replays.
func TestUnknownExporter(t *testing.T) {
	c := startCommand(t, []string{"OTEL_TRACES_EXPORTER=bogus"}, "-trace", writeTrace(t, 1, 0), "-linger", "0s")
	c.expectStatus(t, statusDone)
	if want := "OTEL_TRACES_EXPORTER: unknown exporter"; !strings.Contains(c.stderr.String(), want) {
		t.Errorf("got stderr %q, want %q in it", c.stderr.String(), want)
	}
}

// TestLostSpans pushes to nobody: the replay is done, and says how much was lost.
func TestLostSpans(t *testing.T) {
	env := []string{
		"OTEL_GO_X_OBSERVABILITY=true", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_BSP_MAX_QUEUE_SIZE=100000",
	}
	c := startCommand(t, env, "-trace", writeTrace(t, 3, 0), "-linger", "0s")
	c.expectStatus(t, statusDone)
	// A miss with 5 spans and the request's, then two partial hits: request, lookup, retrieve with 2 phases, store with 3.
	want := "replay: spans: 24 started, 24 processed (queue full: 0), 0 exported (lost: 24)\n"
	if !strings.Contains(c.stderr.String(), want) {
		t.Errorf("got stderr %q, want %q in it", c.stderr.String(), want)
	}
}

// TestGivenRedis uses a server that outlives the replay, and leaves nothing there.
func TestGivenRedis(t *testing.T) {
	server := miniredis.RunT(t)
	c := startCommand(t, nil, "-redis", server.Addr(), "-cpu-bytes", "1", "-bytes-per-token", "1")
	url := c.url(t)
	c.awaitStderr(t, "serving until Ctrl-C")
	if n := len(server.Keys()); n == 0 {
		t.Error("there are no blocks in Redis")
	}
	page, _ := get(t, url+"/metrics", "")
	if !regexp.MustCompile(`(?m)^lmcache:remote_ping_successes_total\{.*\} [1-9]`).MatchString(page) {
		t.Error("no ping succeeded")
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.expectStatus(t, statusInterrupted)
	if keys := server.Keys(); len(keys) != 0 {
		t.Errorf("%d keys are left in Redis, such as %s", len(keys), keys[0])
	}
	if !regexp.MustCompile(`from remote +│ 1486848 `).MatchString(c.stdout.String()) {
		t.Errorf("not all hits came from Redis:\n%s", c.stdout.String())
	}
}
