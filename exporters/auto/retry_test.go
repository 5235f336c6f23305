// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// collector is an OTLP receiver that is stopped and started again at its address.
type collector struct {
	address string
	spans   atomic.Int64
	serve   func(net.Listener) (stop func())
	stop    func()
}

func (c *collector) start(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", c.address)
	if err != nil {
		t.Fatal(err)
	}
	c.address = l.Addr().String()
	c.stop = c.serve(l)
}

func (c *collector) count(in *collectortrace.ExportTraceServiceRequest) {
	for _, resource := range in.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans.Add(int64(len(scope.Spans)))
		}
	}
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := new(collectortrace.ExportTraceServiceRequest)
	body, err := io.ReadAll(r.Body)
	if err != nil || proto.Unmarshal(body, in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.count(in)
}

type countingTraces struct {
	collectortrace.UnimplementedTraceServiceServer
	c *collector
}

func (s countingTraces) Export(_ context.Context, in *collectortrace.ExportTraceServiceRequest) (
	*collectortrace.ExportTraceServiceResponse, error,
) {
	s.c.count(in)
	return new(collectortrace.ExportTraceServiceResponse), nil
}

// TestCollectorRestarts: a collector that is away for seconds loses no span that
// the queue has room for, whichever protocol.
func TestCollectorRestarts(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			collectReports(t)
			c := &collector{address: "127.0.0.1:0"}
			if protocol == "grpc" {
				c.serve = func(l net.Listener) func() {
					server := grpc.NewServer()
					collectortrace.RegisterTraceServiceServer(server, countingTraces{c: c})
					go func() { _ = server.Serve(l) }()
					return server.Stop
				}
			} else {
				c.serve = func(l net.Listener) func() {
					server := &http.Server{
						Handler:           c,
						ReadHeaderTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
					}
					go func() { _ = server.Serve(l) }()
					return func() { _ = server.Close() }
				}
			}
			c.start(t)
			defer func() { c.stop() }()
			variables{
				"OTEL_METRICS_EXPORTER":       "none",
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + c.address, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8",
			}.set(t)
			p := start(t)
			want := int64(0)
			for _, away := range []bool{false, true, false} {
				if away {
					c.stop()
				} else if want > 0 {
					c.start(t)
				}
				for range 50 {
					record(t, p)
					want += 2
					time.Sleep(20 * time.Millisecond)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := p.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			if got := c.spans.Load(); got != want {
				t.Errorf("%d of %d spans arrived", got, want)
			}
		})
	}
}
