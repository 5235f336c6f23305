// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"crypto/tls"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/otlptest"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/tlstest"
	"github.com/lmcache-go/lmcache-otel/exporters/otlp"
)

func TestMain(m *testing.M) {
	for _, entry := range os.Environ() { // the tests say what is set
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // failing exports are part of the tests
	goleak.VerifyTestMain(m)
}

// protocols are the transports, each with its receiver.
var protocols = []struct {
	name  otlp.Protocol
	start func(testing.TB, *tls.Config) *otlptest.Receiver
}{{otlp.GRPC, otlptest.GRPC}, {otlp.HTTP, otlptest.HTTP}}

// send records 3 of a counter and ends 2 spans, and shuts down both providers. It returns the spans lost and the errors.
func send(t *testing.T, opts ...otlp.Option) (dropped int64, metrics, traces error) {
	t.Helper()
	reader, err := otlp.NewReader(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	processor, err := otlp.NewSpanProcessor(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor))
	counter, err := mp.Meter("t").Int64Counter("tokens")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	for range 2 {
		_, span := tp.Tracer("t").Start(t.Context(), "s")
		span.End()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	metrics, traces = mp.Shutdown(ctx), tp.Shutdown(ctx)
	return processor.Dropped(), metrics, traces
}

func mustSend(t *testing.T, r *otlptest.Receiver, opts ...otlp.Option) {
	t.Helper()
	dropped, metrics, traces := send(t, opts...)
	if metrics != nil || traces != nil || dropped != 0 {
		t.Fatalf("metrics: %v; traces: %v; %d spans dropped", metrics, traces, dropped)
	}
	if points := r.Metrics()["tokens"].GetSum().GetDataPoints(); len(points) != 1 || points[0].GetAsInt() != 3 {
		t.Errorf("tokens arrived as %v, want 3", points)
	}
	if n := len(r.Spans()); n != 2 {
		t.Errorf("%d spans arrived, want 2", n)
	}
}

func TestOptions(t *testing.T) {
	for _, p := range protocols {
		t.Run(string(p.name), func(t *testing.T) {
			r := p.start(t, nil)
			// The options have precedence over these.
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+otlptest.Unreachable(t))
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "tenant=wrong")
			mustSend(t, r, otlp.WithProtocol(p.name), otlp.WithEndpoint(r.URL), otlp.WithGzip(), otlp.WithHeaders(map[string]string{"tenant": "a"}),
				otlp.WithTimeout(time.Second), otlp.WithRetry(otlp.Retry{}), otlp.WithInterval(time.Hour), otlp.WithQueue(10, 5),
				otlp.WithTemporality(sdkmetric.DeltaTemporalitySelector))
			if !r.EveryRequestHas("tenant", "a") {
				t.Error("the header did not arrive with every request")
			}
			if all, compressed := r.Requests(); all != 2 || compressed != 2 {
				t.Errorf("%d of %d requests were compressed, want 2 of 2", compressed, all)
			}
			if got := r.Metrics()["tokens"].GetSum().GetAggregationTemporality(); got != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA {
				t.Errorf("temporality is %v, want delta", got)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	for _, p := range protocols {
		t.Run(string(p.name), func(t *testing.T) {
			r := p.start(t, nil)
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", string(p.name))
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.URL)
			t.Setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
			mustSend(t, r)
			if all, compressed := r.Requests(); all != 2 || compressed != 0 {
				t.Errorf("%d of %d requests were compressed, want 0 of 2", compressed, all)
			}
			if got := r.Metrics()["tokens"].GetSum().GetAggregationTemporality(); got != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA {
				t.Errorf("temporality is %v, want delta", got)
			}
		})
	}
}

// The receiver shows a certificate and demands one.
func TestMutualTLS(t *testing.T) {
	authority, stranger := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	server, _, _ := authority.Issue(t, "server")
	client, clientFile, clientKey := authority.Issue(t, "client")
	imposter, imposterFile, imposterKey := stranger.Issue(t, "imposter")
	for _, p := range protocols {
		start := func(t *testing.T) *otlptest.Receiver {
			return p.start(t, &tls.Config{
				Certificates: []tls.Certificate{server}, NextProtos: []string{"h2", "http/1.1"},
				ClientCAs: authority.Pool, ClientAuth: tls.RequireAndVerifyClientCert,
			})
		}
		options := func(r *otlptest.Receiver, c *tls.Config) []otlp.Option {
			opts := []otlp.Option{
				otlp.WithProtocol(p.name), otlp.WithEndpoint(r.URL), otlp.WithRetry(otlp.Retry{}), otlp.WithTimeout(time.Second),
			}
			if c != nil {
				opts = append(opts, otlp.WithTLS(c))
			}
			return opts
		}
		t.Run(string(p.name)+" accepted", func(t *testing.T) {
			r := start(t)
			mustSend(t, r, options(r, &tls.Config{RootCAs: authority.Pool, Certificates: []tls.Certificate{client}})...)
		})
		t.Run(string(p.name)+" accepted by environment", func(t *testing.T) {
			r := start(t)
			t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.File)
			t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", clientFile)
			t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", clientKey)
			mustSend(t, r, options(r, nil)...)
		})
		refused := func(t *testing.T, r *otlptest.Receiver, opts []otlp.Option) {
			t.Helper()
			dropped, metrics, traces := send(t, opts...)
			if metrics == nil || traces == nil || dropped != 2 {
				t.Errorf("metrics: %v; traces: %v; %d spans dropped; want errors and 2", metrics, traces, dropped)
			}
			if n, _ := r.Requests(); n != 0 {
				t.Errorf("%d requests came through", n)
			}
		}
		for name, c := range map[string]*tls.Config{
			"without a certificate":              {RootCAs: authority.Pool},
			"with a stranger's certificate":      {RootCAs: authority.Pool, Certificates: []tls.Certificate{imposter}},
			"that trusts another authority":      {RootCAs: stranger.Pool, Certificates: []tls.Certificate{client}},
			"that trusts the system's authority": nil,
		} {
			t.Run(string(p.name)+" refused "+name, func(t *testing.T) {
				r := start(t)
				refused(t, r, options(r, c))
			})
		}
		t.Run(string(p.name)+" refused by environment", func(t *testing.T) {
			r := start(t)
			t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.File)
			t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", imposterFile)
			t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", imposterKey)
			refused(t, r, options(r, nil))
		})
	}
}

// What the receiver refuses of a batch is lost; the rest is not.
func TestPartialSuccess(t *testing.T) {
	for _, p := range protocols {
		r := p.start(t, nil)
		r.RejectSpans(1)
		dropped, _, traces := send(t, otlp.WithProtocol(p.name), otlp.WithEndpoint(r.URL))
		if dropped != 1 || traces == nil {
			t.Errorf("%s: %d spans dropped, and the error is %v; want 1 and what the receiver said", p.name, dropped, traces)
		}
	}
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	for _, p := range protocols {
		for name, address := range map[string]string{"unreachable": otlptest.Unreachable(t), "black hole": otlptest.BlackHole(t)} {
			t.Run(string(p.name)+" "+name, func(t *testing.T) {
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				processor, err := otlp.NewSpanProcessor(t.Context(), otlp.WithProtocol(p.name), otlp.WithEndpoint("http://"+address))
				if err != nil {
					t.Fatal(err)
				}
				tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(processor))
				_, span := tp.Tracer("t").Start(t.Context(), "s")
				span.End()
				const patience = 300 * time.Millisecond
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				started := time.Now()
				if err := tp.Shutdown(ctx); err == nil {
					t.Error("Shutdown told nothing")
				}
				if d := time.Since(started); d > patience+time.Second {
					t.Errorf("Shutdown took %v, its context %v", d, patience)
				}
				if got := processor.Dropped(); got != 1 {
					t.Errorf("%d spans dropped, want 1", got)
				}
			})
		}
	}
}

func TestBadOptions(t *testing.T) {
	for want, opt := range map[string]otlp.Option{
		"WithProtocol":    otlp.WithProtocol("http/json"),
		"WithEndpoint":    otlp.WithEndpoint("localhost:4317"),
		"WithTLS":         otlp.WithTLS(nil),
		"WithTimeout":     otlp.WithTimeout(0),
		"WithRetry":       otlp.WithRetry(otlp.Retry{Enabled: true}),
		"WithInterval":    otlp.WithInterval(-time.Second),
		"WithTemporality": otlp.WithTemporality(nil),
		"WithQueue":       otlp.WithQueue(10, 11),
	} {
		_, reader := otlp.NewReader(t.Context(), opt)
		_, exporter := otlp.NewSpanExporter(t.Context(), opt)
		_, processor := otlp.NewSpanProcessor(t.Context(), opt)
		for _, err := range []error{reader, exporter, processor} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "allowed: ") {
				t.Errorf("%s gave %v, want an error that names it and what is allowed", want, err)
			}
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "soon")
	if _, err := otlp.NewReader(t.Context()); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_COMPRESSION") {
		t.Errorf("a malformed variable gave %v", err)
	}
	if _, err := otlp.NewSpanExporter(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_COMPRESSION") {
		t.Errorf("a malformed variable gave %v", err)
	}
}
