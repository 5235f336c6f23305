// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stopTimeout is how long a program may take to stop when it is told to. The backends need one or two seconds.
const stopTimeout = 30 * time.Second

// process is a running program. It is stopped at the end of its test, and what it wrote is logged if the test failed.
type process struct {
	name           string
	cmd            *exec.Cmd
	stdout, stderr output
	exited         chan struct{}
}

// startProcess starts a program with the given environment and nothing else of ours than what finds programs and files: an
// OTEL_ variable of whoever runs the tests must not change them.
func startProcess(t *testing.T, name, program string, args, env []string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(program, args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	for _, key := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(key); ok {
			p.cmd.Env = append(p.cmd.Env, key+"="+value)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // the status is in cmd.ProcessState
	}()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("%s wrote to stdout:\n%s\nand to stderr:\n%s", name, p.stdout.tail(), p.stderr.tail())
		}
	})
	return p
}

// stop ends the program by SIGTERM and waits for it. One that has ended already is left as it is.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	p.wait(t, stopTimeout)
}

func (p *process) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	select {
	case <-p.exited:
	default:
		if err := p.cmd.Process.Signal(sig); err != nil && !p.hasExited() {
			t.Errorf("signal %s: %v", p.name, err)
		}
	}
}

// wait returns the exit status of the program, -1 if a signal ended it. A program that does not end within the limit is
// killed and fails the test.
func (p *process) wait(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		t.Errorf("%s has not ended after %v and is killed", p.name, limit)
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// waitReady waits until a GET of the URL answers 200.
func (p *process) waitReady(t *testing.T, url string) {
	t.Helper()
	eventually(t, p.name+" answers on "+url, func() error {
		if p.hasExited() {
			t.Fatalf("%s ended with status %d before it was ready:\n%s", p.name, p.cmd.ProcessState.ExitCode(), p.stderr.tail())
		}
		_, err := get(url)
		return err
	})
}

// output keeps what a program writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// tail returns the last lines, enough to see why a program failed.
func (o *output) tail() string {
	const limit = 40
	lines := strings.Split(o.String(), "\n")
	if skipped := len(lines) - limit; skipped > 0 {
		lines = append([]string{fmt.Sprintf("… %d lines …", skipped)}, lines[skipped:]...)
	}
	return strings.Join(lines, "\n")
}

// httpClient keeps no connections: a server that is stopped must not have to wait for ours.
var httpClient = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get returns the body of a URL that answers 200, in one of the accepted formats if the server has it.
func get(url string, accept ...string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header["Accept"] = accept
	resp, err := httpClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %.300s", url, resp.Status, body.String())
	}
	return body.Bytes(), nil
}
