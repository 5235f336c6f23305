// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// linger is how long to serve after the last request.
type linger struct {
	forever bool
	d       time.Duration
}

// String and Set make a linger a flag.
func (l *linger) String() string {
	if l.forever {
		return "until interrupted"
	}
	return l.d.String()
}

// Set reads a duration.
func (l *linger) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New(`want a duration of 0 or more, such as "30s"`)
	}
	*l = linger{d: d}
	return nil
}

// none says that there is no time to serve.
func (l *linger) none() bool { return !l.forever && l.d == 0 }

// wait waits for the end of the time, or of ctx. It returns what makes waiting pointless: that the server failed.
func (l *linger) wait(ctx context.Context, stderr io.Writer, failed <-chan error) error {
	if ctx.Err() != nil || l.none() {
		return nil
	}
	var end <-chan time.Time
	if l.forever {
		fmt.Fprintln(stderr, "replay: serving until Ctrl-C")
	} else {
		fmt.Fprintf(stderr, "replay: serving for %v\n", l.d)
		timer := time.NewTimer(l.d)
		defer timer.Stop()
		end = timer.C
	}
	select {
	case <-end:
		return nil
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}
