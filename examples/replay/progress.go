// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	lineInterval = 5 * time.Second        // between plain lines
	barInterval  = 100 * time.Millisecond // between drawings of the bar
)

// progress shows how many requests are done: a bar on a terminal, plain lines elsewhere. What is logged meanwhile goes through Write, to
// not end up in the bar. It is safe for concurrent use.
type progress struct {
	out   io.Writer
	total int

	mu       sync.Mutex
	done     int
	bar      *progressbar.ProgressBar // nil: lines
	finished bool
	nextLine time.Time
}

func newProgress(out io.Writer, total int) *progress {
	p := &progress{out: out, total: total, nextLine: time.Now().Add(lineInterval)}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("requests"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("req"),
			progressbar.OptionSetWidth(30), progressbar.OptionThrottle(barInterval))
	}
	return p
}

// add counts one more request as done.
func (p *progress) add() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.bar != nil {
		_ = p.bar.Add(1) // a terminal that is gone is no reason to stop
		return
	}
	if now := time.Now(); now.After(p.nextLine) {
		p.nextLine = now.Add(lineInterval)
		p.line()
	}
}

// finish shows the last state, which is short of the total when the replay was interrupted, and makes way for what is written next.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished = true
	if p.bar != nil {
		_ = p.bar.RenderBlank()
		fmt.Fprintln(p.out)
	}
	switch {
	case p.done < p.total:
		fmt.Fprintf(p.out, "replay: interrupted after %d of %s\n", p.done, count(p.total))
	case p.bar == nil:
		p.line()
	}
}

func (p *progress) line() {
	fmt.Fprintf(p.out, "replay: %d of %s\n", p.done, count(p.total))
}

// count says how many requests there are.
func count(n int) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}

// Write writes whole lines of a log.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil && !p.finished {
		_ = p.bar.Clear()
	}
	return p.out.Write(b)
}
