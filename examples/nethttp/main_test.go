// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"testing"

	"github.com/lmcache-go/lmcache-otel/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestNethttp(t *testing.T) {
	p := exampletest.Start(t, nil)
	url := "http://" + p.Address(t) + "/prefill"
	const caller, callerSpan = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	if got, want := exampletest.Request(t, http.MethodPost, url, "why is the sky blue", nil), "0 of 5 tokens cached\n"; got != want {
		t.Errorf("first request: got %q, want %q", got, want)
	}
	traced := map[string]string{"traceparent": "00-" + caller + "-" + callerSpan + "-01"}
	if got, want := exampletest.Request(t, http.MethodPost, url, "why is the sky dark", traced), "4 of 5 tokens cached\n"; got != want {
		t.Errorf("second request: got %q, want %q", got, want)
	}
	p.Interrupt(t)

	all, metrics := p.Console(t)
	var spans []exampletest.Span
	var server exampletest.Span
	for _, s := range all {
		if s.SpanContext.TraceID == caller {
			spans = append(spans, s)
		}
		if s.SpanContext.TraceID == caller && s.SpanKind == exampletest.ServerSpan {
			server = s
		}
	}
	if server.Parent.SpanID != callerSpan {
		t.Errorf("parent of the request's span: got %q, want %q", server.Parent.SpanID, callerSpan)
	}
	for _, name := range []string{"lmcache.lookup", "lmcache.retrieve", "lmcache.store"} {
		exampletest.CheckChild(t, exampletest.One(t, spans, name), server, exampletest.InternalSpan)
	}
	exampletest.CheckChild(t, exampletest.One(t, spans, "to_gpu"), exampletest.One(t, spans, "lmcache.retrieve"), exampletest.InternalSpan)
	for _, name := range []string{"http.server.request.duration", "lmcache.retrieve.requests", "lmcache.retrieve.duration"} {
		if !metrics[name] {
			t.Errorf("metric %s is missing; got %v", name, metrics)
		}
	}
}
