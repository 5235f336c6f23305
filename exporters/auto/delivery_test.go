// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

// servers serve a receiver by protocol.
var servers = map[string]func(*testing.T, *receiver, net.Listener) (stop func()){
	"grpc": serveGRPC, "http/protobuf": serveHTTP,
}

// endSpans ends n spans in the time d.
func endSpans(t *testing.T, p *auto.Pipeline, n int, d time.Duration) {
	t.Helper()
	tracer := p.TracerProvider().Tracer("t")
	for range n {
		_, span := tracer.Start(t.Context(), "s")
		span.End()
		time.Sleep(d / time.Duration(n))
	}
}

// TestCollectorRestarts: no span is lost that the queue has room for, as long as
// the collector is back within the time for an export.
func TestCollectorRestarts(t *testing.T) {
	for protocol, serve := range servers {
		t.Run(protocol, func(t *testing.T) {
			reported := collectReports(t)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			address := listener.Addr().String()
			r := new(receiver)
			stop := serve(t, r, listener)
			variables{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + address, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_METRICS_EXPORTER": "none", "OTEL_BSP_SCHEDULE_DELAY": "20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "64",
				"OTEL_EXPORTER_OTLP_TIMEOUT": "300", // the collector is away for longer
			}.set(t)
			p := start(t)
			endSpans(t, p, 200, 200*time.Millisecond)
			stop()
			endSpans(t, p, 1000, time.Second)
			if listener, err = net.Listen("tcp", address); err != nil {
				t.Fatal(err)
			}
			stop = serve(t, r, listener)
			defer func() { stop() }()
			endSpans(t, p, 200, 200*time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := p.ForceFlush(ctx); err != nil {
				t.Error(err)
			}
			if got := r.distinctSpans(); got != 1400 {
				t.Errorf("%d spans arrived, want 1400; reports: %s", got, reported)
			}
			if err := p.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLostSpansAreReported: what a collector that stays away costs is in the
// reports, to the last span, with the reason and without the path of the
// endpoint.
func TestLostSpansAreReported(t *testing.T) {
	for protocol := range servers {
		t.Run(protocol, func(t *testing.T) {
			reported := collectReports(t)
			variables{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:" + freePort(t, "127.0.0.1"), "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_METRICS_EXPORTER": "none", "OTEL_BSP_EXPORT_TIMEOUT": "1000", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "7",
			}.set(t)
			p := start(t)
			endSpans(t, p, 20, 100*time.Millisecond)
			began := time.Now()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); protocol == "http/protobuf" && took > time.Second {
				t.Errorf("Shutdown took %v, want no further attempts", took)
			}
			lost := 0
			for _, match := range regexp.MustCompile(`export of (\d+) spans: .*refused`).FindAllStringSubmatch(reported.String(), -1) {
				n, err := strconv.Atoi(match[1])
				if err != nil {
					t.Fatal(err)
				}
				lost += n
			}
			if lost != 20 {
				t.Errorf("the reports are about %d spans, want 20:\n%s", lost, reported)
			}
		})
	}
}

// TestAttempts: an export is tried until its time is up, and not for errors that
// another attempt would not change.
func TestAttempts(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		collectReports(t)
		variables{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:" + freePort(t, "127.0.0.1"), "OTEL_METRICS_EXPORTER": "none",
		}.set(t)
		p := start(t)
		endSpans(t, p, 1, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		err := p.ForceFlush(ctx)
		if took := time.Since(began); err == nil || ctx.Err() != nil || took < 200*time.Millisecond {
			t.Errorf("ForceFlush gave %v after %v, want the reason before its context ends, and more than one attempt", err, took)
		}
		_ = p.Shutdown(t.Context())
	})
	t.Run("no answer", func(t *testing.T) {
		r := new(receiver)
		handler := r.handler(t)
		requests := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if requests++; requests == 1 {
				_, _ = io.Copy(io.Discard, q.Body)
				panic(http.ErrAbortHandler) // closes the connection
			}
			handler.ServeHTTP(w, q)
		}))
		defer server.Close()
		variables{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_METRICS_EXPORTER": "none"}.set(t)
		p := start(t)
		endSpans(t, p, 1, 0)
		if err := p.ForceFlush(t.Context()); err != nil || requests != 2 || r.distinctSpans() != 1 {
			t.Errorf("ForceFlush gave %v after %d requests with %d spans, want the span with the second", err, requests, r.distinctSpans())
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("not found", func(t *testing.T) {
		collectReports(t)
		variables{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": httpReceiver(t).url + "/nowhere", "OTEL_METRICS_EXPORTER": "none"}.set(t)
		p := start(t)
		endSpans(t, p, 1, 0)
		began := time.Now()
		err := p.ForceFlush(t.Context())
		if took := time.Since(began); err == nil || took > 200*time.Millisecond {
			t.Errorf("ForceFlush gave %v after %v, want an error at once", err, took)
		}
		_ = p.Shutdown(t.Context())
	})
}
