// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

// The tests of examples/p2p look at the console.
func TestEnvironment(t *testing.T) {
	for protocol, newReceiver := range receivers {
		for _, exporter := range []string{"", "otlp", "otlp,console", "console, otlp,", "otlp,otlp"} {
			t.Run(protocol+" "+exporter, func(t *testing.T) {
				r := newReceiver(t)
				variables{
					"OTEL_METRICS_EXPORTER": exporter, "OTEL_TRACES_EXPORTER": exporter,
					"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
				}.set(t)
				run(t, start(t, auto.WithServiceName("kv-router")))
				r.want(t, 3, 2)
			})
		}
	}
}

func TestNothingIsSentUnasked(t *testing.T) {
	p := start(t)
	if _, ok := p.MeterProvider().(*sdkmetric.MeterProvider); ok {
		t.Error("there is a meter provider that nobody reads")
	}
	_, span := p.TracerProvider().Tracer("t").Start(t.Context(), "s")
	if span.IsRecording() {
		t.Error("there are spans that nobody exports")
	}
	run(t, p)

	// The endpoint of one signal does not turn the other one on.
	r := httpReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", r.url+"/v1/metrics")
	run(t, start(t))
	r.want(t, 3, 0)
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	if _, ok := start(t).MeterProvider().(*sdkmetric.MeterProvider); ok {
		t.Error("there is a meter provider in spite of none")
	}
}

func TestDisabled(t *testing.T) {
	r := httpReceiver(t)
	variables{"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": r.url}.set(t)
	own := sdkmetric.NewManualReader()
	p := start(t, auto.WithReader(own))
	record(t, p)
	if got, _ := total(t, own, "tokens", ""); got != 0 {
		t.Errorf("the host's reader has %d tokens, want none", got)
	}
	run(t, p)
	r.want(t, 0, 0)
}

func TestResource(t *testing.T) {
	for _, test := range []struct{ name, attributes, option, want string }{
		{"env", "service.name=attr", "host", "env"},
		{"", "service.name=attr,a=b", "host", "attr"},
		{"", "", "host", "host"},
		{"", "", "", "unknown_service:auto.test"},
	} {
		r := httpReceiver(t)
		variables{
			"OTEL_SERVICE_NAME": test.name, "OTEL_RESOURCE_ATTRIBUTES": test.attributes,
			"OTEL_EXPORTER_OTLP_ENDPOINT": r.url,
		}.set(t)
		run(t, start(t, auto.WithServiceName(test.option)))
		got := r.received().resource
		if got["service.name"] != test.want || got["telemetry.sdk.name"] != "opentelemetry" {
			t.Errorf("%+v: the resource is %v", test, got)
		}
	}
}

// Two replicas behind one collector must not write one series.
func TestInstances(t *testing.T) {
	r := httpReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.url)
	ids := map[string]bool{}
	for range 2 {
		run(t, start(t))
		ids[r.received().resource["service.instance.id"]] = true
	}
	if len(ids) != 2 || ids[""] {
		t.Errorf("two processes have the ids %v, want two of them", ids)
	}
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-7")
	run(t, start(t))
	if resource := r.received().resource; resource["service.instance.id"] != "pod-7" {
		t.Errorf("the resource is %v, want the id of the environment", resource)
	}
}

func TestPartOfTheResource(t *testing.T) {
	reported := collectReports(t)
	r := httpReceiver(t)
	variables{"OTEL_RESOURCE_ATTRIBUTES": "a=b,", "OTEL_EXPORTER_OTLP_ENDPOINT": r.url}.set(t)
	run(t, start(t))
	if got := r.received(); got.spans != 2 || got.resource["a"] != "b" {
		t.Errorf("%+v arrived, want 2 spans from a=b", got)
	}
	if !strings.Contains(reported.String(), "partial resource") {
		t.Errorf("the reports are %q, want one of a partial resource", reported)
	}
}

// An endpoint without a scheme is taken as OpenTelemetry's exporter takes it.
func TestEndpointWithoutScheme(t *testing.T) {
	collectReports(t)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for _, insecure := range []string{"", "true"} {
			r := grpcReceiver(t)
			variables{
				"OTEL_EXPORTER_OTLP_ENDPOINT": strings.Replace(r.url, "http://127.0.0.1", host, 1),
				"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_INSECURE": insecure,
				"OTEL_METRICS_EXPORTER": "none", "OTEL_BSP_EXPORT_TIMEOUT": "200",
			}.set(t)
			exporter, err := otlptracegrpc.New(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			theirs := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
			_, span := theirs.Tracer("t").Start(t.Context(), "s")
			span.End()
			_ = theirs.Shutdown(t.Context())
			want := r.received().spans

			p := start(t)
			record(t, p)
			_ = p.Shutdown(t.Context())
			if got := r.received().spans; got != 3*want {
				t.Errorf("%s, insecure %q: %d of 2 spans arrived, and %d of 1 by their exporter",
					host, insecure, got-want, want)
			}
		}
	}
}

// The Prometheus server of autoexport ends with the pipeline.
func TestPrometheusServer(t *testing.T) {
	port := freePort(t, "::1")
	variables{
		"OTEL_METRICS_EXPORTER":         "prometheus",
		"OTEL_EXPORTER_PROMETHEUS_HOST": "[::1]", "OTEL_EXPORTER_PROMETHEUS_PORT": port,
	}.set(t)
	p := start(t)
	record(t, p)
	url := "http://" + net.JoinHostPort("::1", port) + "/metrics"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if page, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(page), "tokens_total{") {
		t.Errorf("the page lacks the tokens (%v): %s", err, page)
	}
	own := sdkmetric.NewManualReader()
	second, err := auto.New(t.Context(), auto.WithReader(own))
	if err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_PROMETHEUS_PORT") ||
		!strings.Contains(err.Error(), port) {
		t.Errorf("a port that is taken gave %v", err)
	}
	wantTokens(t, second, own)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if response, err := client.Get(url); err == nil {
		response.Body.Close()
		t.Error("the server is still there after Shutdown")
	}
}

// wantTokens checks that a pipeline works for a reader of the host.
func wantTokens(t *testing.T, p *auto.Pipeline, own sdkmetric.Reader) {
	t.Helper()
	record(t, p)
	if got, _ := total(t, own, "tokens", ""); got != 3 {
		t.Errorf("the host's reader has %d tokens, want 3", got)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPropagator(t *testing.T) {
	for value, want := range map[string][]string{
		"":     {"baggage", "traceparent", "tracestate"},
		"none": nil, "baggage": {"baggage"}, "baggage,": {"baggage"},
	} {
		t.Setenv("OTEL_PROPAGATORS", value)
		got := start(t).Propagator().Fields()
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("OTEL_PROPAGATORS=%s: fields are %s, want %s", value, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		set  variables
		want []string
	}{
		{variables{"OTEL_METRICS_EXPORTER": "graphite"}, []string{"OTEL_METRICS_EXPORTER: unknown exporter"}},
		{variables{"OTEL_TRACES_EXPORTER": "zipkin"}, []string{"OTEL_TRACES_EXPORTER: unknown exporter"}},
		{
			variables{"OTEL_METRICS_EXPORTER": "console", "OTEL_METRICS_PRODUCERS": "none of them"},
			[]string{"OTEL_METRICS_PRODUCERS"},
		},
		{variables{"OTEL_METRICS_EXPORTER": "otlp,prometheus"}, []string{"OTEL_METRICS_EXPORTER", "auto.WithReader"}},
		{variables{"OTEL_TRACES_EXPORTER": "otlp,none"}, []string{"OTEL_TRACES_EXPORTER", "want a list"}},
		{
			variables{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"},
			[]string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"},
		},
		{
			variables{"OTEL_METRICS_EXPORTER": "otlp,console", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
			[]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "want grpc or http/protobuf"},
		},
		{variables{"OTEL_PROPAGATORS": "pigeon"}, []string{"OTEL_PROPAGATORS: unknown propagator", "want tracecontext"}},
		{
			variables{"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_METRICS_EXPORTER": "graphite", "OTEL_PROPAGATORS": "pigeon"},
			[]string{"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_PROPAGATORS"},
		},
	} {
		t.Run(fmt.Sprint(test.set), func(t *testing.T) {
			collectReports(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", httpReceiver(t).url)
			test.set.set(t)
			own := sdkmetric.NewManualReader()
			p, err := auto.New(t.Context(), auto.WithReader(own))
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, want %q in it", err, want)
				}
			}
			wantTokens(t, p, own)
		})
	}
}

// An error about one exporter does not take the others away.
func TestTheRestOfTheList(t *testing.T) {
	r := httpReceiver(t)
	variables{
		"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_METRICS_EXPORTER": "prometheus,otlp",
		"OTEL_EXPORTER_OTLP_ENDPOINT": r.url,
	}.set(t)
	p, err := auto.New(t.Context())
	if err == nil {
		t.Error("no error")
	}
	run(t, p)
	r.want(t, 3, 0)
}

func TestNilOptions(t *testing.T) {
	own := sdkmetric.NewManualReader()
	p, err := auto.New(t.Context(), nil, auto.WithReader(nil), auto.WithViews(nil), auto.WithBound(nil), auto.WithReader(own))
	for _, want := range []string{"WithReader: ", "WithViews: ", "WithBound: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s in it", err, want)
		}
	}
	wantTokens(t, p, own)
}

func TestViews(t *testing.T) {
	rename := sdkmetric.NewView(sdkmetric.Instrument{Name: "tokens"}, sdkmetric.Stream{Name: "renamed"})
	for name, yaml := range map[string]string{
		"environment": "", "file": "file_format: \"1.0\"\nmeter_provider: {readers: []}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if yaml != "" {
				configure(t, yaml)
			}
			own := sdkmetric.NewManualReader()
			p := start(t, auto.WithReader(own), auto.WithViews(rename))
			record(t, p)
			if got, _ := total(t, own, "renamed", ""); got != 3 {
				t.Errorf("%d renamed tokens, want 3", got)
			}
			run(t, p)
		})
	}
}
