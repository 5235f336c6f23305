// SPDX-License-Identifier: Apache-2.0

// Package exampletest runs an example as its readers do, as a process, and reads what comes out.
package exampletest

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// isExample tells the program of a test to be the example instead. So the example is built as the test is, with the race detector if that
// was asked for, and a change of it is a change of the test to go's cache.
const isExample = "LMCACHE_OTEL_EXAMPLE"

// Main is the TestMain of an example whose main function is example. It fails when a test leaves a goroutine behind.
func Main(m *testing.M, example func()) {
	if os.Getenv(isExample) != "" {
		example()
		return
	}
	goleak.VerifyTestMain(m)
}

// Process is an example that runs. What it wrote is complete when it has ended.
type Process struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr stderr
	exited chan error
}

// Start starts the example with no other OpenTelemetry settings than env.
func Start(t *testing.T, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(os.Args[0], args...), exited: make(chan error, 1)}
	p.stderr.listening = make(chan string, 1)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OTEL_") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(append(p.cmd.Env, isExample+"=1"), env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // of one that a failed test leaves behind
	return p
}

// Address waits for the address that the example listens on.
func (p *Process) Address(t *testing.T) string {
	t.Helper()
	select {
	case a := <-p.stderr.listening:
		return a
	case err := <-p.exited:
		t.Fatalf("the example exited before it listened: %v\n%s", err, p.stderr.text.String())
	case <-time.After(20 * time.Second):
		t.Fatalf("the example does not listen")
	}
	return ""
}

// Interrupt asks the example to end, as Ctrl-C does.
func (p *Process) Interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.Wait(t)
}

// Wait waits for the example to end, in good order.
func (p *Process) Wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.exited:
		if err != nil {
			t.Fatalf("the example: %v\n%s", err, p.stderr.text.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("the example does not end")
	}
}

// Stderr returns what the process, which has ended, wrote to its standard error.
func (p *Process) Stderr() string { return p.stderr.text.String() }

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
