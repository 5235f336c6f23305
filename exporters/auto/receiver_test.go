// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// receiver is an OTLP receiver over TCP that keeps what it got.
type receiver struct {
	collectormetrics.UnimplementedMetricsServiceServer
	url string

	mu       sync.Mutex
	totals   map[string]float64 // the last total of each metric; of a histogram its count
	resource map[string]string  // of the last export
	token    string             // the authorization header of the last export
	spans    int
	away     bool // refuses everything, as something that may be tried again
}

// receivers starts a receiver by protocol.
var receivers = map[string]func(*testing.T) *receiver{"grpc": grpcReceiver, "http/protobuf": httpReceiver}

func grpcReceiver(t *testing.T) *receiver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{url: "http://" + l.Addr().String(), totals: map[string]float64{}}
	server := grpc.NewServer()
	collectormetrics.RegisterMetricsServiceServer(server, r)
	collectortrace.RegisterTraceServiceServer(server, traceService{r: r})
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("OTLP receiver: %v", err)
		}
	})
	return r
}

func httpReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{totals: map[string]float64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, q *http.Request) {
		var in collectormetrics.ExportMetricsServiceRequest
		answer(t, w, q, &in, func(ctx context.Context) error { _, err := r.Export(ctx, &in); return err })
	})
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, q *http.Request) {
		var in collectortrace.ExportTraceServiceRequest
		answer(t, w, q, &in, func(ctx context.Context) error { _, err := traceService{r: r}.Export(ctx, &in); return err })
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// answer reads a request over HTTP into in, and receives it as if over gRPC.
func answer(t *testing.T, w http.ResponseWriter, q *http.Request, in proto.Message, receive func(context.Context) error) {
	body, err := io.ReadAll(q.Body)
	if err == nil {
		err = proto.Unmarshal(body, in)
	}
	if err != nil {
		t.Errorf("%s: %v", q.URL, err)
	}
	ctx := metadata.NewIncomingContext(q.Context(), metadata.Pairs("authorization", q.Header.Get("Authorization")))
	if receive(ctx) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// Export receives metrics.
func (r *receiver) Export(ctx context.Context, in *collectormetrics.ExportMetricsServiceRequest) (
	*collectormetrics.ExportMetricsServiceResponse, error,
) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return nil, status.Error(codes.Unavailable, "away")
	}
	for _, resource := range in.ResourceMetrics {
		r.keep(ctx, resource.Resource)
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				total := 0.0
				for _, p := range append(m.GetSum().GetDataPoints(), m.GetGauge().GetDataPoints()...) {
					total += p.GetAsDouble() + float64(p.GetAsInt())
				}
				for _, p := range m.GetHistogram().GetDataPoints() {
					total += float64(p.GetCount())
				}
				r.totals[m.Name] = total
			}
		}
	}
	return &collectormetrics.ExportMetricsServiceResponse{}, nil
}

type traceService struct {
	collectortrace.UnimplementedTraceServiceServer
	r *receiver
}

// Export receives spans.
func (s traceService) Export(ctx context.Context, in *collectortrace.ExportTraceServiceRequest) (
	*collectortrace.ExportTraceServiceResponse, error,
) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.r.away {
		return nil, status.Error(codes.Unavailable, "away")
	}
	for _, resource := range in.ResourceSpans {
		s.r.keep(ctx, resource.Resource)
		for _, scope := range resource.ScopeSpans {
			s.r.spans += len(scope.Spans)
		}
	}
	return &collectortrace.ExportTraceServiceResponse{}, nil
}

func (r *receiver) keep(ctx context.Context, resource *resourcepb.Resource) {
	r.resource = map[string]string{}
	for _, a := range resource.GetAttributes() {
		r.resource[a.Key] = a.Value.GetStringValue()
	}
	if tokens := metadata.ValueFromIncomingContext(ctx, "authorization"); len(tokens) > 0 {
		r.token = tokens[0]
	}
}

func (r *receiver) setAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// got returns what came until now.
func (r *receiver) got() (totals map[string]float64, resource map[string]string, spans int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.totals), maps.Clone(r.resource), r.spans
}

// blackHole returns the URL of a listener that accepts and never answers.
func blackHole(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // connections that nobody accepted end with it
	return "http://" + l.Addr().String()
}

// freePort returns a port on which nothing listens.
func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no %s here: %v", host, err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
