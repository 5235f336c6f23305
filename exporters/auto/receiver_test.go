// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// receiver is an OTLP receiver over TCP.
type receiver struct {
	collectormetrics.UnimplementedMetricsServiceServer
	url string

	mu      sync.Mutex
	got     received
	metrics *collectormetrics.ExportMetricsServiceRequest // the last export
	spanIDs map[string]bool
	away    bool // refuses everything, as something that may be tried again
}

// received is what a receiver got.
type received struct {
	tokens, spans int
	resource      map[string]string // of the last export
}

// receivers starts a receiver by protocol.
var receivers = map[string]func(*testing.T) *receiver{"grpc": grpcReceiver, "http/protobuf": httpReceiver}

func grpcReceiver(t *testing.T) *receiver { return newReceiver(t, serveGRPC) }

func httpReceiver(t *testing.T) *receiver { return newReceiver(t, serveHTTP) }

// newReceiver starts a receiver that listens until the end of the test.
func newReceiver(t *testing.T, serve func(*testing.T, *receiver, net.Listener) (stop func())) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{url: "http://" + l.Addr().String()}
	t.Cleanup(serve(t, r, l))
	return r
}

func serveGRPC(t *testing.T, r *receiver, l net.Listener) (stop func()) {
	server := grpc.NewServer()
	collectormetrics.RegisterMetricsServiceServer(server, r)
	collectortrace.RegisterTraceServiceServer(server, traceService{r: r})
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("OTLP receiver: %v", err)
		}
	}
}

// handler receives over HTTP.
func (r *receiver) handler(t *testing.T) http.Handler {
	serve := func(newRequest func() proto.Message) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			in := newRequest()
			body, err := io.ReadAll(q.Body)
			if err != nil {
				return // the receiver stops, or the exporter's time is up
			}
			if err := proto.Unmarshal(body, in); err != nil {
				t.Errorf("%s: %v", q.URL, err)
			}
			if r.receive(in) != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/metrics", serve(func() proto.Message { return new(collectormetrics.ExportMetricsServiceRequest) }))
	mux.HandleFunc("POST /v1/traces", serve(func() proto.Message { return new(collectortrace.ExportTraceServiceRequest) }))
	return mux
}

func serveHTTP(t *testing.T, r *receiver, l net.Listener) (stop func()) {
	server := &http.Server{Handler: r.handler(t), ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return func() {
		_ = server.Close() // breaks connections
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("OTLP receiver: %v", err)
		}
	}
}

// Export receives metrics.
func (r *receiver) Export(_ context.Context, in *collectormetrics.ExportMetricsServiceRequest) (
	*collectormetrics.ExportMetricsServiceResponse, error,
) {
	return new(collectormetrics.ExportMetricsServiceResponse), r.receive(in)
}

type traceService struct {
	collectortrace.UnimplementedTraceServiceServer
	r *receiver
}

// Export receives spans.
func (s traceService) Export(_ context.Context, in *collectortrace.ExportTraceServiceRequest) (
	*collectortrace.ExportTraceServiceResponse, error,
) {
	return new(collectortrace.ExportTraceServiceResponse), s.r.receive(in)
}

func (r *receiver) receive(in proto.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return status.Error(codes.Unavailable, "away")
	}
	switch in := in.(type) {
	case *collectormetrics.ExportMetricsServiceRequest:
		r.metrics = in
		for _, resource := range in.ResourceMetrics {
			r.keep(resource.Resource)
			for _, scope := range resource.ScopeMetrics {
				for _, m := range scope.Metrics {
					if m.Name == "tokens" {
						r.got.tokens = int(m.GetSum().DataPoints[0].GetAsInt())
					}
				}
			}
		}
	case *collectortrace.ExportTraceServiceRequest:
		for _, resource := range in.ResourceSpans {
			r.keep(resource.Resource)
			for _, scope := range resource.ScopeSpans {
				r.got.spans += len(scope.Spans)
				for _, span := range scope.Spans {
					if r.spanIDs == nil {
						r.spanIDs = map[string]bool{}
					}
					r.spanIDs[string(span.SpanId)] = true
				}
			}
		}
	}
	return nil
}

func (r *receiver) keep(resource *resourcepb.Resource) {
	r.got.resource = map[string]string{}
	for _, a := range resource.GetAttributes() {
		r.got.resource[a.Key] = a.Value.GetStringValue()
	}
}

func (r *receiver) setAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// distinctSpans counts those that came twice once.
func (r *receiver) distinctSpans() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.spanIDs)
}

func (r *receiver) received() received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// want checks what arrived.
func (r *receiver) want(t *testing.T, tokens, spans int) {
	t.Helper()
	if got := r.received(); got.tokens != tokens || got.spans != spans {
		t.Errorf("%d tokens and %d spans arrived, want %d and %d", got.tokens, got.spans, tokens, spans)
	}
}
