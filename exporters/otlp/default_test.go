// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/otlp"
)

// TestDefaultEndpoint checks that without any setting spans go where the specification says, without encryption. The SDK's own default is
// https.
func TestDefaultEndpoint(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv(name, "")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:4318")
	if err != nil {
		t.Skipf("the port of the default endpoint is taken: %v", err)
	}
	paths := make(chan string, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
		select {
		case paths <- r.URL.Path:
		default:
		}
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		_ = server.Close()
		<-served
	}()
	processor, err := otlp.NewSpanProcessor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor))
	_, span := tp.Tracer("t").Start(t.Context(), "s")
	span.End()
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if n := processor.Dropped(); n != 0 {
		t.Fatalf("%d spans were lost", n)
	}
	if path := <-paths; path != "/v1/traces" {
		t.Errorf("got a request for %s, want /v1/traces", path)
	}
}
