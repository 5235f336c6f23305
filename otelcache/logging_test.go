// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"log/slog"
	"sync"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var discardLogger = slog.New(slog.DiscardHandler)

// logRecorder is a slog handler that keeps what it gets.
type logRecorder struct {
	mu      sync.Mutex
	entries []logEntry
}

type logEntry struct {
	ctx     context.Context
	level   slog.Level
	message string
	attrs   map[string]slog.Value // resolved; of groups by their names with dots
}

func (*logRecorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *logRecorder) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r *logRecorder) WithGroup(string) slog.Handler          { return r }

func (r *logRecorder) Handle(ctx context.Context, rec slog.Record) error {
	e := logEntry{ctx: ctx, level: rec.Level, message: rec.Message, attrs: map[string]slog.Value{}}
	rec.Attrs(func(a slog.Attr) bool {
		e.add("", a)
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
	return nil
}

func (e *logEntry) add(prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		e.attrs[prefix+a.Key] = v
		return
	}
	for _, member := range v.Group() {
		e.add(prefix+a.Key+".", member)
	}
}

// take returns the entries since the last call.
func (r *logRecorder) take() []logEntry {
	otelcache.WaitForMessages()
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := r.entries
	r.entries = nil
	return entries
}
