// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func request(t *testing.T, method, url, body string, headers map[string]string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %s, %v: %s", url, resp.Status, err, got)
	}
	return string(got)
}

func TestNethttp(t *testing.T) {
	p := start(t, nil, "nethttp")
	url := "http://" + p.address(t) + "/prefill"
	const caller, callerSpan = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	if got, want := request(t, http.MethodPost, url, "why is the sky blue", nil), "0 of 5 tokens cached\n"; got != want {
		t.Errorf("first request: got %q, want %q", got, want)
	}
	traced := map[string]string{"traceparent": "00-" + caller + "-" + callerSpan + "-01"}
	if got, want := request(t, http.MethodPost, url, "why is the sky dark", traced), "4 of 5 tokens cached\n"; got != want {
		t.Errorf("second request: got %q, want %q", got, want)
	}
	p.interrupt(t)

	all, metrics := console(t, p)
	var spans []span
	var server span
	for _, s := range all {
		if s.SpanContext.TraceID == caller {
			spans = append(spans, s)
		}
		if s.SpanContext.TraceID == caller && s.SpanKind == serverSpan {
			server = s
		}
	}
	if server.Parent.SpanID != callerSpan {
		t.Errorf("parent of the request's span: got %q, want %q", server.Parent.SpanID, callerSpan)
	}
	for _, name := range []string{"lmcache.lookup", "lmcache.retrieve", "lmcache.store"} {
		checkChild(t, one(t, spans, name), server, internalSpan)
	}
	checkChild(t, one(t, spans, "to_gpu"), one(t, spans, "lmcache.retrieve"), internalSpan)
	for _, name := range []string{"http.server.request.duration", "lmcache.retrieve.requests", "lmcache.retrieve.duration"} {
		if !metrics[name] {
			t.Errorf("metric %s is missing; got %v", name, metrics)
		}
	}
}

func TestGRPC(t *testing.T) {
	env := []string{"OTEL_TRACES_EXPORTER=console"}
	server := start(t, env, "grpc")
	address := server.address(t)
	client := start(t, env, "grpc", "-prefill", "why is the sky blue", address)
	client.wait(t)
	if got, want := client.stderr.text.String(), "0 tokens cached\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	server.interrupt(t)

	called, _ := console(t, client)
	served, _ := console(t, server)
	call, request := one(t, called, "kv.Cache/Prefill"), one(t, served, "kv.Cache/Prefill")
	checkChild(t, request, call, serverSpan)
	checkChild(t, one(t, served, "lmcache.lookup"), request, internalSpan)
	checkChild(t, one(t, served, "lmcache.store"), request, internalSpan)
}

func TestP2P(t *testing.T) {
	env := []string{"OTEL_TRACES_EXPORTER=console"}
	server := start(t, env, "p2p", "serve", "localhost:0")
	client := start(t, env, "p2p", "retrieve", server.address(t))
	client.wait(t)
	server.interrupt(t)

	ours, _ := console(t, client)
	theirs, _ := console(t, server)
	retrieve := one(t, ours, "lmcache.retrieve")
	asked, served := one(t, ours, "lmcache.p2p_transfer"), one(t, theirs, "lmcache.p2p_transfer")
	checkChild(t, asked, retrieve, clientSpan)
	checkChild(t, one(t, ours, "to_gpu"), retrieve, internalSpan)
	checkChild(t, served, asked, serverSpan)
	if !served.Parent.Remote {
		t.Error("the parent of the serving span is not remote")
	}
}

func TestPrometheus(t *testing.T) {
	p := start(t, nil, "prometheus")
	page := request(t, http.MethodGet, "http://"+p.address(t)+"/metrics", "", nil)
	for name, want := range map[string]string{
		"lmcache:num_lookup_requests_total":      "2",
		"lmcache:num_lookup_tokens_total":        "12", // 5 + 7
		"lmcache:num_lookup_hits_total":          "4",  // why is the sky
		"lmcache:num_retrieve_requests_total":    "1",
		"lmcache:num_requested_tokens_total":     "4",
		"lmcache:num_hit_tokens_total":           "4",
		"lmcache:time_to_retrieve_count":         "1",
		"lmcache:num_store_requests_total":       "2",
		"lmcache:num_stored_tokens_total":        "8", // 5 + 3
		"lmcache:time_to_store_count":            "2",
		"lmcache:num_remote_read_requests_total": "0", // there from the start
	} {
		if got := sample(page, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	p.interrupt(t)
}

// sample returns the value of the only series of that name.
func sample(page, name string) string {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, name+"{") {
			fields := strings.Fields(line)
			return fields[len(fields)-1]
		}
	}
	return ""
}
