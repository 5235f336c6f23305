// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// Kinds of spans as the console exporter writes them.
const (
	internalSpan = 1
	serverSpan   = 2
	clientSpan   = 3
)

type spanID struct{ TraceID, SpanID string }

// span is a span on the console.
type span struct {
	Name        string
	SpanContext spanID
	Parent      struct {
		spanID
		Remote bool
	}
	SpanKind int
}

// console reads what the console exporters wrote to standard output: spans, and the names of metrics.
func console(t *testing.T, p *process) (spans []span, metrics map[string]bool) {
	t.Helper()
	metrics = map[string]bool{}
	in := json.NewDecoder(&p.stdout)
	for {
		var v struct {
			span
			ScopeMetrics []struct{ Metrics []struct{ Name string } }
		}
		err := in.Decode(&v)
		if errors.Is(err, io.EOF) {
			return spans, metrics
		}
		if err != nil {
			t.Fatalf("output of %s: %v", p.Path, err)
		}
		if v.Name != "" {
			spans = append(spans, v.span)
		}
		for _, s := range v.ScopeMetrics {
			for _, m := range s.Metrics {
				metrics[m.Name] = true
			}
		}
	}
}

// one returns the only span of that name.
func one(t *testing.T, spans []span, name string) span {
	t.Helper()
	var found []span
	for _, s := range spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d spans %s, want 1; all: %+v", len(found), name, spans)
	}
	return found[0]
}

func checkChild(t *testing.T, child, parent span, kind int) {
	t.Helper()
	if child.Parent.spanID != parent.SpanContext {
		t.Errorf("parent of %s: got %+v, want %s %+v", child.Name, child.Parent.spanID, parent.Name, parent.SpanContext)
	}
	if child.SpanContext.TraceID != parent.SpanContext.TraceID {
		t.Errorf("trace of %s: got %s, want %s", child.Name, child.SpanContext.TraceID, parent.SpanContext.TraceID)
	}
	if child.SpanKind != kind {
		t.Errorf("kind of %s: got %d, want %d", child.Name, child.SpanKind, kind)
	}
}
