// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"os"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

// gettingStarted has the keys of OpenTelemetry's otel-getting-started.yaml.
const gettingStarted = `
file_format: "1.1"
resource:
  attributes_list: ${OTEL_RESOURCE_ATTRIBUTES}
  detection/development:
    detectors: [{service: }, {host: }, {process: }, {container: }]
propagator:
  composite: [{tracecontext: }, {baggage: }]
tracer_provider:
  sampler:
    parent_based:
      root: {always_on: }
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/traces
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http:
            endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/metrics
logger_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${OTEL_EXPORTER_OTLP_ENDPOINT:-http://localhost:4318}/v1/logs
`

// The getting-started file, and that of the package's documentation, work with
// and without a reader of the host.
func TestFiles(t *testing.T) {
	for name, yaml := range map[string]string{"getting started": gettingStarted, "documentation": documentedFile(t)} {
		t.Run(name, func(t *testing.T) {
			r := httpReceiver(t)
			variables{"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_METRICS_EXPORTER": "nonsense", "POD_NAME": "pod-7"}.set(t)
			configure(t, yaml)
			for i, opts := range [][]auto.Option{nil, {auto.WithReader(sdkmetric.NewManualReader())}} {
				run(t, start(t, opts...))
				r.want(t, 3, 2*(i+1))
			}
			if resource := r.received().resource; name == "documentation" &&
				(resource["service.name"] != "kv-router" || resource["service.instance.id"] != "pod-7") {
				t.Errorf("the resource is %v, want kv-router's pod-7", resource)
			}
		})
	}
}

func documentedFile(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var yaml strings.Builder
	for line := range strings.Lines(string(doc)) {
		code, ok := strings.CutPrefix(line, "//\t")
		switch {
		case ok && (yaml.Len() > 0 || strings.HasPrefix(code, "file_format")):
			yaml.WriteString(code)
		case yaml.Len() > 0:
			return yaml.String()
		}
	}
	return yaml.String()
}

// A file that has no metrics leaves the host's readers to the host; one that is
// disabled does not.
func TestFileWithoutMetrics(t *testing.T) {
	for yaml, want := range map[string]int64{
		"file_format: \"1.0\"\n":                                              3,
		"file_format: \"1.0\"\ndisabled: true\n":                              0,
		"file_format: \"1.0\"\ndisabled: true\nmeter_provider: {readers: []}": 0,
	} {
		configure(t, yaml)
		own := sdkmetric.NewManualReader()
		p := start(t, auto.WithReader(own))
		record(t, p)
		if got, _ := total(t, own, "tokens", ""); got != want {
			t.Errorf("%q: the host's reader has %d tokens, want %d", yaml, got, want)
		}
		run(t, p)
	}
}

func TestBadFiles(t *testing.T) {
	const traces = `file_format: "1.0"
meter_provider: {readers: []}
tracer_provider: {processors: [{batch: {exporter: {otlp_http: {endpoint: "http://localhost:4318/v1/traces", `
	for name, test := range map[string]struct{ yaml, want string }{
		"no YAML":   {"file_format: [", "yaml: line 1"},
		"no format": {"disabled: false", "file_format"},
		"no exporter": {
			"file_format: \"1.0\"\nmeter_provider: {readers: [{periodic: {exporter: {}}}]}", "no valid metric exporter",
		},
		"pull reader": {
			"file_format: \"1.0\"\nmeter_provider: {readers: [{pull: {exporter: {prometheus/development: {}}}}]}",
			"no valid metric exporter",
		},
		"bad traces":   {traces + "compression: zstd}}}}]}", "unsupported compression"},
		"missing file": {traces + "tls: {ca_file: /no/such.pem}}}}}]}", "open /no/such.pem: "},
		// As in OpenTelemetry's larger examples, otel-sdk-config.yaml and otel-sdk-migration-config.yaml.
		"empty TLS": {traces + "tls: {ca_file: , key_file: , cert_file: }}}}}]}", "TLS client configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			configure(t, test.yaml)
			wantFileError(t, "OTEL_CONFIG_FILE: "+os.Getenv("OTEL_CONFIG_FILE"), test.want)
		})
	}
	t.Setenv("OTEL_CONFIG_FILE", "/no/user@1/such.yaml")
	wantFileError(t, "OTEL_CONFIG_FILE: /no/user@1/such.yaml: ", "no such file")
	variables{"OTEL_CONFIG_FILE": "", "OTEL_EXPERIMENTAL_CONFIG_FILE": "/no/such.yaml"}.set(t)
	wantFileError(t, "OTEL_EXPERIMENTAL_CONFIG_FILE is no longer supported")
}

// wantFileError checks the error, and that the host's own reader works in spite
// of it.
func wantFileError(t *testing.T, wants ...string) {
	t.Helper()
	own := sdkmetric.NewManualReader()
	p, err := auto.New(t.Context(), auto.WithReader(own))
	for _, want := range wants {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, want %q in it", err, want)
		}
	}
	wantTokens(t, p, own)
}
