// SPDX-License-Identifier: Apache-2.0

// Package examples_test runs each example as its readers do, as a process, and checks what comes out.
package examples_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// programs is the directory of the examples' programs.
var programs string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "examples"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(programs) }()
	build := exec.Command("go", "build", "-o", programs, "./nethttp", "./grpc", "./prometheus", "./otlp", "./jaeger", "./p2p")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the examples: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// process is an example that runs.
type process struct {
	*exec.Cmd
	stdout bytes.Buffer
	stderr stderr
	exited chan error
}

// start starts an example with no other OpenTelemetry settings than env.
func start(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(filepath.Join(programs, name), args...), exited: make(chan error, 1)}
	p.stderr.listening = make(chan string, 1)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OTEL_") {
			p.Env = append(p.Env, v)
		}
	}
	p.Env = append(p.Env, env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.exited <- p.Wait() }()
	t.Cleanup(func() { _ = p.Process.Kill() }) // of one that a failed test leaves behind
	return p
}

// address waits for the address that the example listens on.
func (p *process) address(t *testing.T) string {
	t.Helper()
	select {
	case a := <-p.stderr.listening:
		return a
	case err := <-p.exited:
		t.Fatalf("%s exited before it listened: %v\n%s", p.Path, err, p.stderr.text.String())
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not listen", p.Path)
	}
	return ""
}

// interrupt asks the example to end, as Ctrl-C does.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.wait(t)
}

// wait waits for the example to end, in good order.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.exited:
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.Path, err, p.stderr.text.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not end", p.Path)
	}
}

var listeningOn = regexp.MustCompile(`listening on (\S+)\n`)

// stderr finds the address in what a process says.
type stderr struct {
	mu        sync.Mutex
	text      bytes.Buffer
	listening chan string
	found     bool
}

func (s *stderr) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if m := listeningOn.FindSubmatch(s.text.Bytes()); m != nil && !s.found {
		s.found = true
		s.listening <- string(m[1])
	}
	return len(b), nil
}
