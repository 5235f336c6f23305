// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

const warningInterval = time.Second

// warnings logs what went wrong without stopping the replay, at most one warning a second: a tier that is away fails every request.
// It is safe for concurrent use.
type warnings struct {
	logger *slog.Logger

	mu      sync.Mutex
	next    time.Time
	skipped int
}

func newWarnings(out io.Writer) *warnings {
	return &warnings{logger: slog.New(slog.NewTextHandler(out, nil))}
}

// add warns that something failed, and why.
func (w *warnings) add(what string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Before(w.next) {
		w.skipped++
		return
	}
	w.next = now.Add(warningInterval)
	attrs := []any{slog.Any("error", err)}
	if w.skipped > 0 {
		attrs = append(attrs, slog.Int("warnings_skipped", w.skipped))
		w.skipped = 0
	}
	w.logger.Warn(what+" failed", attrs...)
}

// flush says how many warnings were skipped since the last one, and lets the next one through.
func (w *warnings) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.skipped > 0 {
		w.logger.Warn("more of these", slog.Int("warnings_skipped", w.skipped))
	}
	w.skipped, w.next = 0, time.Time{}
}
