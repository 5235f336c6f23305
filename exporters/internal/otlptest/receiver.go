// SPDX-License-Identifier: Apache-2.0

// Package otlptest has what tests of exporters send to: OTLP receivers over real TCP, with and without TLS, and a listener that never answers.
package otlptest

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // so that the server takes compressed requests
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Receiver is an OTLP receiver that remembers what it got.
type Receiver struct {
	collectormetrics.UnimplementedMetricsServiceServer

	// URL is where it listens, as OTEL_EXPORTER_OTLP_ENDPOINT wants it.
	URL string

	mu         sync.Mutex
	metrics    map[string]*metricspb.Metric // the last of each name
	services   map[string]bool
	spans      []*tracepb.Span
	headers    []map[string]string
	compressed int
	reject     int64
	away       bool
}

// GRPC starts a receiver over gRPC; with a TLS configuration if it is not nil. It ends with the test.
func GRPC(t testing.TB, c *tls.Config) *Receiver {
	t.Helper()
	r := &Receiver{metrics: map[string]*metricspb.Metric{}, services: map[string]bool{}}
	opts := []grpc.ServerOption{grpc.StatsHandler(compressionHandler{r: r})}
	scheme := "http://"
	if c != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(c)))
		scheme = "https://"
	}
	server := grpc.NewServer(opts...)
	collectormetrics.RegisterMetricsServiceServer(server, r)
	collectortrace.RegisterTraceServiceServer(server, traceService{r: r})
	l := listen(t)
	r.URL = scheme + l.Addr().String()
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

// HTTP starts a receiver over HTTP; with a TLS configuration if it is not nil. It ends with the test.
func HTTP(t testing.TB, c *tls.Config) *Receiver {
	t.Helper()
	r := &Receiver{metrics: map[string]*metricspb.Metric{}, services: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, q *http.Request) {
		var in collectormetrics.ExportMetricsServiceRequest
		if r.read(w, q, &in) {
			out, err := r.Export(q.Context(), &in)
			write(w, out, err)
		}
	})
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, q *http.Request) {
		var in collectortrace.ExportTraceServiceRequest
		if r.read(w, q, &in) {
			out, err := traceService{r: r}.Export(q.Context(), &in)
			write(w, out, err)
		}
	})
	server := httptest.NewUnstartedServer(mux)
	if c != nil {
		server.TLS = c
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

func (r *Receiver) read(w http.ResponseWriter, q *http.Request, into proto.Message) bool {
	headers := map[string]string{}
	for name := range q.Header {
		headers[strings.ToLower(name)] = q.Header.Get(name)
	}
	r.gotHeaders(headers)
	var body io.Reader = q.Body
	if q.Header.Get("Content-Encoding") == "gzip" {
		r.gotCompressed()
		unzipped, err := gzip.NewReader(q.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return false
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	if err == nil {
		err = proto.Unmarshal(raw, into)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return err == nil
}

func write(w http.ResponseWriter, m proto.Message, err error) {
	raw, marshalErr := proto.Marshal(m)
	if err != nil || marshalErr != nil {
		http.Error(w, "cannot answer", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(raw) // a client that left needs no answer
}

// Export receives metrics.
func (r *Receiver) Export(ctx context.Context, in *collectormetrics.ExportMetricsServiceRequest) (
	*collectormetrics.ExportMetricsServiceResponse, error,
) {
	r.gotMetadata(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return nil, status.Error(codes.Unavailable, "away")
	}
	for _, resource := range in.ResourceMetrics {
		for _, a := range resource.Resource.GetAttributes() {
			if a.Key == "service.name" {
				r.services[a.Value.GetStringValue()] = true
			}
		}
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				r.metrics[m.Name] = m
			}
		}
	}
	return &collectormetrics.ExportMetricsServiceResponse{}, nil
}

type traceService struct {
	collectortrace.UnimplementedTraceServiceServer
	r *Receiver
}

func (s traceService) Export(ctx context.Context, in *collectortrace.ExportTraceServiceRequest) (*collectortrace.ExportTraceServiceResponse, error) {
	s.r.gotMetadata(ctx)
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if s.r.away {
		return nil, status.Error(codes.Unavailable, "away")
	}
	for _, resource := range in.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			s.r.spans = append(s.r.spans, scope.Spans...)
		}
	}
	out := &collectortrace.ExportTraceServiceResponse{}
	if s.r.reject > 0 {
		out.PartialSuccess = &collectortrace.ExportTracePartialSuccess{RejectedSpans: s.r.reject, ErrorMessage: "too old\n(3 of them)"}
	}
	return out, nil
}

func (r *Receiver) gotMetadata(ctx context.Context) {
	md, ok := metadata.FromIncomingContext(ctx)
	if !ok {
		return
	}
	headers := map[string]string{}
	for name, values := range md {
		headers[name] = strings.Join(values, ",")
	}
	r.gotHeaders(headers)
}

func (r *Receiver) gotHeaders(headers map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.headers = append(r.headers, headers)
}

func (r *Receiver) gotCompressed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compressed++
}

// compressionHandler counts requests that were compressed on the wire.
type compressionHandler struct{ r *Receiver }

func (h compressionHandler) HandleRPC(_ context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InHeader); ok && in.Compression == "gzip" {
		h.r.gotCompressed()
	}
}

func (compressionHandler) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return ctx
}

func (compressionHandler) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return ctx
}
func (compressionHandler) HandleConn(context.Context, stats.ConnStats) {}

// RejectSpans makes the receiver say of each further batch that it refused n spans of it.
func (r *Receiver) RejectSpans(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reject = n
}

// SetAway makes the receiver refuse every request as one that may be tried again, until it is told to be back.
func (r *Receiver) SetAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// Metrics returns the last version of each metric, by name.
func (r *Receiver) Metrics() map[string]*metricspb.Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.metrics)
}

// Spans returns all spans so far.
func (r *Receiver) Spans() []*tracepb.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*tracepb.Span(nil), r.spans...)
}

// HasService tells whether metrics of a service of that name came.
func (r *Receiver) HasService(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.services[name]
}

// Requests returns how many requests came, and how many of them compressed.
func (r *Receiver) Requests() (all, compressed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.headers), r.compressed
}

// EveryRequestHas tells whether there were requests and all had the header. The name is in lower case.
func (r *Receiver) EveryRequestHas(name, value string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.headers {
		if h[name] != value {
			return false
		}
	}
	return len(r.headers) > 0
}

// BlackHole returns the address of a listener that accepts connections and never says anything. It ends with the test.
func BlackHole(t testing.TB) string {
	t.Helper()
	l := listen(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
		}
		for _, c := range open {
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// Unreachable returns an address on which nothing listens.
func Unreachable(t testing.TB) string {
	t.Helper()
	l := listen(t)
	defer l.Close()
	return l.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
