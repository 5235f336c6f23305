// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// Kinds of spans as the console exporter writes them.
const (
	InternalSpan = 1
	ServerSpan   = 2
	ClientSpan   = 3
)

// Identity is that of a span, in hexadecimal digits.
type Identity struct{ TraceID, SpanID string }

// Span is a span on the console.
type Span struct {
	Name        string
	SpanContext Identity
	Parent      struct {
		Identity
		Remote bool
	}
	SpanKind int
}

// Console reads what the console exporters wrote to standard output: spans, and the names of metrics.
func (p *Process) Console(t *testing.T) (spans []Span, metrics map[string]bool) {
	t.Helper()
	metrics = map[string]bool{}
	in := json.NewDecoder(&p.stdout)
	for {
		var v struct {
			Span
			ScopeMetrics []struct{ Metrics []struct{ Name string } }
		}
		err := in.Decode(&v)
		if errors.Is(err, io.EOF) {
			return spans, metrics
		}
		if err != nil {
			t.Fatalf("standard output: %v", err)
		}
		if v.Name != "" {
			spans = append(spans, v.Span)
		}
		for _, s := range v.ScopeMetrics {
			for _, m := range s.Metrics {
				metrics[m.Name] = true
			}
		}
	}
}

// One returns the only span of that name.
func One(t *testing.T, spans []Span, name string) Span {
	t.Helper()
	var found []Span
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

// CheckChild checks that child is a child of parent and of that kind.
func CheckChild(t *testing.T, child, parent Span, kind int) {
	t.Helper()
	if child.Parent.Identity != parent.SpanContext {
		t.Errorf("parent of %s: got %+v, want %s %+v", child.Name, child.Parent.Identity, parent.Name, parent.SpanContext)
	}
	if child.SpanContext.TraceID != parent.SpanContext.TraceID {
		t.Errorf("trace of %s: got %s, want %s", child.Name, child.SpanContext.TraceID, parent.SpanContext.TraceID)
	}
	if child.SpanKind != kind {
		t.Errorf("kind of %s: got %d, want %d", child.Name, child.SpanKind, kind)
	}
}
