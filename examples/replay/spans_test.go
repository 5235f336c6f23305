// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// tree draws the spans in the order of their beginnings, each under its parent, and checks that each ended within it.
func tree(t *testing.T, r *testRun) string {
	t.Helper()
	children := map[trace.SpanID][]sdktrace.ReadWriteSpan{}
	for _, s := range r.spans.Started() {
		if s.EndTime().IsZero() {
			t.Errorf("%s was not ended", s.Name())
		}
		children[s.Parent().SpanID()] = append(children[s.Parent().SpanID()], s)
	}
	var drawing strings.Builder
	var draw func(parent sdktrace.ReadWriteSpan, id trace.SpanID, indent string)
	draw = func(parent sdktrace.ReadWriteSpan, id trace.SpanID, indent string) {
		for _, s := range children[id] {
			if parent != nil && (s.StartTime().Before(parent.StartTime()) || s.EndTime().After(parent.EndTime())) {
				t.Errorf("%s is not within its parent %s", s.Name(), parent.Name())
			}
			drawing.WriteString(indent + s.Name())
			if s.Status().Code == codes.Error {
				drawing.WriteString(": error")
			}
			drawing.WriteString("\n")
			draw(s, s.SpanContext().SpanID(), indent+"  ")
		}
	}
	draw(nil, trace.SpanID{}, "")
	return drawing.String()
}

func expectTree(t *testing.T, r *testRun, want string) {
	t.Helper()
	if got := tree(t, r); got != want[1:] {
		t.Errorf("got spans\n%s\nwant\n%s", got, want[1:])
	}
}

func TestSpans(t *testing.T) {
	r := newTestRun(t, options{cpuBytes: 512, remote: true, bytesPerToken: 1}) // one block fits into memory
	r.all(t.Context(), []request{
		{inputTokens: 1100, blocks: []int64{1, 2, 3}},
		{inputTokens: 1600, blocks: []int64{1, 2, 4, 5}},
		{inputTokens: 512, blocks: []int64{1}},
	})
	expectTree(t, r, `
request
  lmcache.lookup
    redis.pipeline exists
  lmcache.store
    process_tokens
    from_gpu
    put
      lmcache.remote.put
        mset
request
  lmcache.lookup
    redis.pipeline exists
  lmcache.retrieve
    process_tokens
    remote_batched_get
      connector_batched_get
        lmcache.remote.get
          mget
    to_gpu
  lmcache.store
    process_tokens
    from_gpu
    put
      lmcache.remote.put
        mset
request
  lmcache.lookup
    redis.pipeline exists
  lmcache.retrieve
    process_tokens
    remote_batched_get
      connector_batched_get
        lmcache.remote.get
          mget
    to_gpu
`)

	identity := []string{
		"gen_ai.request.model=replay", "lmcache.role=worker", "lmcache.served_model.name=replay", "lmcache.worker.id=0",
		"lmcache.request.id=request-2",
	}
	second := r.spans.Started()[9:] // after the nine of the first
	for _, c := range []struct {
		name string
		want []string
	}{
		{"lmcache.lookup", append(identity, "lmcache.tokens.requested=1600", "lmcache.tokens.hit=1024", "lmcache.hit_rate=0.64")},
		{"lmcache.retrieve", append(identity, "lmcache.tokens.requested=1024", "lmcache.tokens.hit=1024", "lmcache.hit_rate=1")},
		{"lmcache.store", append(identity, "lmcache.tokens.requested=576", "lmcache.tokens.stored=576")},
		{"to_gpu", []string{"lmcache.bytes=1024", "lmcache.chunks=2"}},
		{"from_gpu", []string{"lmcache.bytes=576", "lmcache.chunks=2"}},
		{"put", []string{"lmcache.bytes=576", "lmcache.chunks=2"}},
		{"remote_batched_get", []string{"lmcache.chunks=1"}},
		{"lmcache.remote.get", []string{"lmcache.bytes=512"}},
		{"lmcache.remote.put", []string{"lmcache.bytes=576"}},
	} {
		at := slices.IndexFunc(second, func(s sdktrace.ReadWriteSpan) bool { return s.Name() == c.name })
		if at < 0 {
			t.Errorf("the second request has no %s", c.name)
			continue
		}
		got := attributes(second[at].Attributes())
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s of the second request: got attributes %v, want %s", c.name, got, want)
			}
		}
	}
}

func attributes(list []attribute.KeyValue) []string {
	var texts []string
	for _, kv := range list {
		texts = append(texts, string(kv.Key)+"="+kv.Value.String())
	}
	return texts
}

// TestSpansWithoutRemote has the trees that are seen when memory alone is used.
func TestSpansWithoutRemote(t *testing.T) {
	r := newTestRun(t, options{})
	r.all(t.Context(), []request{
		{inputTokens: 100, blocks: []int64{1}},
		{inputTokens: 100, blocks: []int64{1}},
	})
	expectTree(t, r, `
request
  lmcache.lookup
  lmcache.store
    process_tokens
    from_gpu
    put
request
  lmcache.lookup
  lmcache.retrieve
    process_tokens
    to_gpu
`)
}
