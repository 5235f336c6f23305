// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otlptest"
	"github.com/lmcache-go/lmcache-otel/exporters/manual"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

// configure writes a configuration file and names it in the environment.
func configure(t *testing.T, yaml string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "otel.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_CONFIG_FILE", file)
}

func TestConfigurationFile(t *testing.T) {
	receiver := otlptest.HTTP(t, nil)
	t.Setenv("RECEIVER", receiver.URL)
	t.Setenv("OTEL_METRICS_EXPORTER", "nonsense") // the file decides
	configure(t, `
file_format: "1.0"
resource:
  attributes:
    - name: service.name
      value: from-the-file
propagator:
  composite:
    - tracecontext:
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http:
            endpoint: ${RECEIVER}/v1/metrics
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${RECEIVER}/v1/traces
`)
	own := manual.NewReader()
	p, err := auto.New(t.Context(), auto.WithReader(own), auto.WithServiceName("host"))
	if err != nil {
		t.Fatal(err)
	}
	mon := record(t, p)
	defer mon.Close()
	if got, err := own.Value(t.Context(), instruments.RetrieveHitTokens); err != nil || got != retrieves*128 {
		t.Errorf("the host's reader has %v hit tokens (%v), want %d", got, err, retrieves*128)
	}
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(receiver.Spans()); got != 2*retrieves {
		t.Errorf("%d spans arrived, want %d", got, 2*retrieves)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := value(t, receiver.Metrics()["lmcache.retrieve.hit_tokens"]); got != retrieves*128 {
		t.Errorf("%v hit tokens arrived, want %d", got, retrieves*128)
	}
	if !receiver.HasService("from-the-file") {
		t.Error("the service's name is not the file's")
	}
	if got := p.Propagator().Fields(); len(got) != 2 {
		t.Errorf("the propagator's fields are %v, want traceparent and tracestate", got)
	}
	if got := p.DroppedSpans(); got != auto.UnknownDrops {
		t.Errorf("%d spans dropped, want it to be unknown", got)
	}
}

func TestConfigurationFileDisabled(t *testing.T) {
	configure(t, "file_format: \"1.0\"\ndisabled: true\nmeter_provider: {readers: []}\n")
	own := manual.NewReader()
	p, err := auto.New(t.Context(), auto.WithReader(own))
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if got := p.DroppedSpans(); got != 0 {
		t.Errorf("%d spans dropped, want 0", got)
	}
}

func TestBadConfigurationFile(t *testing.T) {
	const traces = `file_format: "1.0"
meter_provider: {readers: []}
tracer_provider:
  processors:
    - batch:
        exporter:
          `
	for name, test := range map[string]struct {
		yaml string
		want string
	}{
		"no YAML":      {"file_format: [", "yaml"},
		"no format":    {"disabled: false", "file_format"},
		"no metrics":   {`file_format: "1.0"`, "meter_provider"},
		"bad exporter": {"file_format: \"1.0\"\nmeter_provider:\n  readers:\n    - periodic:\n        exporter: {}\n", "no valid metric exporter"},
		"pull reader": {
			"file_format: \"1.0\"\nmeter_provider:\n  readers:\n    - pull: {exporter: {prometheus/development: {}}}\n",
			"allowed: otlp_http, otlp_grpc, console (for Prometheus see auto.WithReader)",
		},
		"unknown key":         {"file_format: \"1.0\"\ntracer_providr: {}\nmeter_provider: {readers: []}\n", `line 2: unknown key "tracer_providr"`},
		"unknown key in list": {traces + "otlp_http: {endpoint: \"http://h:1\", endpiont: x}\n", `"tracer_provider.processors.batch.exporter.otlp_http.endpiont"`},
		"another format":      {"file_format: \"0.3\"\nmeter_provider: {readers: []}\n", `file_format is "0.3"`},
		"no scheme":           {traces + "otlp_http: {endpoint: \"localhost:4318\"}\n", "http://host:port"},
		"bad endpoint":        {traces + "otlp_http: {endpoint: \":bad\"}\n", "endpoint"},
		"bad authority":       {traces + "otlp_http: {endpoint: \"https://h:1\", tls: {ca_file: /no/such.pem}}\n", "/no/such.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			configure(t, test.yaml)
			_, err := auto.New(t.Context(), auto.WithReader(manual.NewReader()))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range []string{"OTEL_CONFIG_FILE", "otel.yaml", test.want} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
	t.Setenv("OTEL_CONFIG_FILE", "/no/such.yaml")
	if _, err := auto.New(t.Context()); err == nil || !strings.Contains(err.Error(), "OTEL_CONFIG_FILE") {
		t.Errorf("a missing file gave %v", err)
	}
}

// TestDocumentedFile checks that the file of the package's documentation works.
func TestDocumentedFile(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var yaml strings.Builder
	for line := range strings.Lines(string(doc)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok && (yaml.Len() > 0 || strings.HasPrefix(code, "file_format")) {
			yaml.WriteString(code)
		}
	}
	receiver := otlptest.HTTP(t, nil)
	configure(t, strings.ReplaceAll(yaml.String(), "http://localhost:4318", receiver.URL))
	p, err := auto.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	if got := len(receiver.Spans()); got != 2*retrieves {
		t.Errorf("%d spans arrived, want %d", got, 2*retrieves)
	}
	if got := value(t, receiver.Metrics()["lmcache.retrieve.hit_tokens"]); got != retrieves*128 {
		t.Errorf("%v hit tokens arrived, want %d", got, retrieves*128)
	}
	if !receiver.HasService("kv-router") {
		t.Error("the service's name is not the file's")
	}
}
