// SPDX-License-Identifier: Apache-2.0

package otelenv_test

import (
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

func TestEndpoints(t *testing.T) {
	for _, test := range []struct {
		endpoint   string
		grpc, http bool // accepted over
	}{
		{"http://localhost:4317", true, true},
		{"https://collector.example", true, true},
		{"HTTP://[::1]:4318/base", true, true},
		{"localhost:4317", true, false},
		{"dns:///collector:4317", true, false},
		{"unix:///run/otel.sock", true, false},
		{"127.0.0.1:4317", false, false}, // the SDK cannot parse it, and would send to localhost
		{"localhost", false, false},
		{"localhost:0", false, false},
		{"localhost:grpc", false, false},
		{"http://localhost:0", false, false},
		{"http://:4317", false, false},
		{"ftp://localhost:1", false, false},
	} {
		if err := otelenv.CheckEndpoint(test.endpoint, otelenv.GRPC); (err == nil) != test.grpc {
			t.Errorf("%q over gRPC: %v", test.endpoint, err)
		}
		if err := otelenv.CheckEndpoint(test.endpoint, otelenv.HTTP); (err == nil) != test.http {
			t.Errorf("%q over HTTP: %v", test.endpoint, err)
		}
	}
}

func TestPasswordsStayInEndpoints(t *testing.T) {
	for _, endpoint := range []string{"http://user:secret@h:99999", "http://user:secret@[::1", "ftp://user:secret@h"} {
		if err := otelenv.CheckEndpoint(endpoint, otelenv.HTTP); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("the error is %v, want one without the password", err)
		}
	}
}

// The variable of the signal has precedence, and blanks are nothing.
func TestPrecedence(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", " ")
	if m, tr := otelenv.Metrics.Protocol(), otelenv.Traces.Protocol(); m != "grpc" || tr != "http/protobuf" {
		t.Errorf("protocols are %q and %q, want grpc and http/protobuf", m, tr)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", " ")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h:1")
	if otelenv.Metrics.HasEndpoint() || !otelenv.Traces.HasEndpoint() {
		t.Error("only traces have an endpoint")
	}
}

func TestValidSettings(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS": "a=b%20c, d = e==", "OTEL_EXPORTER_OTLP_TIMEOUT": "0", "OTEL_EXPORTER_OTLP_INSECURE": "True",
		"OTEL_EXPORTER_OTLP_COMPRESSION": "none", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "Delta",
		"OTEL_TRACES_SAMPLER": "ParentBased_TraceIDRatio", "OTEL_TRACES_SAMPLER_ARG": "1e-3",
		"OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_SPAN_EVENT_COUNT_LIMIT": "-1", "OTEL_RESOURCE_ATTRIBUTES": "a=b,c=",
	} {
		t.Setenv(name, value)
	}
	for _, err := range []error{
		otelenv.Metrics.CheckOTLP(""), otelenv.Traces.CheckOTLP("grpc"), otelenv.CheckTraces(), otelenv.CheckMetrics(true), otelenv.CheckResource(),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	t.Setenv("OTEL_TRACES_SAMPLER", "always_on")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "unused")
	if err := otelenv.CheckTraces(); err != nil {
		t.Errorf("an argument that no sampler reads: %v", err)
	}
}

// The endpoint is the specification's, unless the environment names one or speaks of encryption, which a plaintext endpoint would undo.
func TestDefaultEndpoint(t *testing.T) {
	const http, grpc = "http://localhost:4318", "http://localhost:4317"
	for name, test := range map[string]struct{ variable, http, grpc string }{
		"nothing":                 {"OTEL_EXPORTER_OTLP_TIMEOUT", http, grpc},
		"endpoint":                {"OTEL_EXPORTER_OTLP_ENDPOINT", "", ""},
		"endpoint of the signal":  {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", ""},
		"endpoint of another":     {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", http, grpc},
		"certificate":             {"OTEL_EXPORTER_OTLP_CERTIFICATE", "", ""},
		"insecure":                {"OTEL_EXPORTER_OTLP_TRACES_INSECURE", "", ""},
		"certificate of a client": {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(test.variable, "1")
			if got := otelenv.Traces.DefaultEndpoint(otelenv.HTTP); got != test.http {
				t.Errorf("over HTTP: got %q, want %q", got, test.http)
			}
			if got := otelenv.Traces.DefaultEndpoint(otelenv.GRPC); got != test.grpc {
				t.Errorf("over gRPC: got %q, want %q", got, test.grpc)
			}
		})
	}
}
