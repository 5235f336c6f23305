// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

const secret = "s3cr3t"

// Settings that hold a secret, SECRET, most of them malformed.
var (
	endpointsWithSecret = []string{
		"http://user:SECRET@127.0.0.1:1", "http://:SECRET@127.0.0.1:1", "http://SECRET@127.0.0.1:1", "http://user:p@SECRET@127.0.0.1:1",
		"http://user:SECRET@[::1", "http://user:SECRET@h:99999", "http://user:SECRET@h:port", "http://us er:SECRET@h:1",
		"http://%zz:SECRET@127.0.0.1:1", "http://user:p/SECRET@127.0.0.1:1", "http://user:SECRET?x@127.0.0.1:1",
		"http://user:SECRET#x@127.0.0.1:1", "http://user:SECRET\n@127.0.0.1:1", "http://user:SECRET\"@127.0.0.1:1",
		"user:SECRET@127.0.0.1:1", "SECRET@127.0.0.1:1", ":SECRET@127.0.0.1:1", "user:SECRET@h", "//user:SECRET@127.0.0.1:1",
		"ftp://user:SECRET@127.0.0.1:1", "unix://user:SECRET@127.0.0.1:1", "redis://:SECRET@127.0.0.1:1/0",
		"http//user:SECRET@127.0.0.1:1", "http:/user:SECRET@127.0.0.1:1", "http:user:SECRET@127.0.0.1:1",
		"http://127.0.0.1:1/SECRET", "http://127.0.0.1:1/a/SECRET/b", "http://127.0.0.1:1/ SECRET", "http://127.0.0.1:1/a b?SECRET",
		"http://127.0.0.1:1/?token=SECRET", "http://127.0.0.1:1?token=SECRET", "http://127.0.0.1:1#SECRET",
		"http://127.0.0.1:1/SECRET%zz", "http://127.0.0.1:1/%zz?token=SECRET", "127.0.0.1:1/SECRET", "127.0.0.1:1?token=SECRET",
	}
	headersWithSecret = []string{
		"Bearer SECRET", "SECRET", "SECRET=", "=SECRET", "authorization=Bearer SECRET", "authorization: Bearer SECRET",
		"authorization=SECRET%zz", "authorization=SECRET%0A", "authorization=SECRETé", "authorization=SECRET\x7f", "author ization=SECRET",
		"a=b,SECRET", "a=b,,SECRET,", "a=b;SECRET", "a=b,c=SECRET\n", "\"authorization\"=\"Bearer SECRET", "ключ=SECRET", "SECRET=%zz", "SECRET x=1",
	}
	settingsWithSecret = []variables{
		{"OTEL_EXPORTER_OTLP_TIMEOUT": "SECRET"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL": "SECRET"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION": "SECRET"},
		{"OTEL_EXPORTER_OTLP_CLIENT_KEY": "-----BEGIN PRIVATE KEY-----\nSECRET", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "c"},
		{"OTEL_TRACES_EXPORTER": "http://user:SECRET@h:1"},
		{"OTEL_TRACES_EXPORTER": "otlp,SECRET"},
		{"OTEL_METRICS_EXPORTER": "SECRET"},
		{"OTEL_METRICS_EXPORTER": "console", "OTEL_METRICS_PRODUCERS": "SECRET"},
		{"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_HOST": "user:SECRET@localhost"},
		{"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_HOST": "http://localhost/SECRET"},
		{"OTEL_PROPAGATORS": "http://user:SECRET@h:1"},
		{"OTEL_CONFIG_FILE": "https://user:SECRET@h/otel.yaml"},
		{"OTEL_CONFIG_FILE": "https://h/otel.yaml?token=SECRET"},
		{"OTEL_CONFIG_FILE": "h/otel.yaml?token=SECRET"},
	}
)

// What OpenTelemetry's libraries write by themselves, as doc.go says: beginnings
// of records of the log, and what reports have in them.
var (
	librariesLog = []string{
		`"msg"="parse `, `"msg"="escape header value"`, `"msg"="read tls `, `"msg"="load tls client `, `"level"=4`, `"level"=8`,
	}
	librariesReport = []string{"failed to upload metrics: "}
)

// No error, no report and no record of the log repeats a secret, but for those
// of the libraries.
func TestSecretsStaySecret(t *testing.T) {
	const otlp = "OTEL_EXPORTER_OTLP_ENDPOINT"
	settings := settingsWithSecret
	for _, endpoint := range endpointsWithSecret {
		settings = append(settings, variables{otlp: endpoint})
	}
	for _, headers := range headersWithSecret {
		settings = append(settings, variables{"OTEL_EXPORTER_OTLP_HEADERS": headers}, variables{"OTEL_EXPORTER_OTLP_TRACES_HEADERS": headers})
	}
	for _, set := range settings {
		for _, protocol := range []string{"grpc", "http/protobuf"} {
			t.Run(protocol, func(t *testing.T) {
				withSecret := variables{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
				for name, value := range set {
					withSecret[name] = strings.ReplaceAll(value, "SECRET", secret)
				}
				_ = wantSecret(t, withSecret) // most are used as they are, or reported when they are
			})
		}
	}
}

// wantSecret makes a pipeline, uses it, and looks for the secret in what is
// said. It returns the error of New.
func wantSecret(t *testing.T, set variables) error {
	t.Helper()
	reported, logged := collectReports(t), collectLog(t)
	variables{
		"OTEL_BSP_EXPORT_TIMEOUT": "30", "OTEL_BSP_SCHEDULE_DELAY": "1", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
		"OTEL_METRIC_EXPORT_TIMEOUT": "30", "OTEL_METRIC_EXPORT_INTERVAL": "20",
	}.set(t)
	set.set(t)
	p, err := auto.New(t.Context())
	record(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	said := fmt.Sprint(err, p.ForceFlush(ctx), p.Shutdown(ctx))
	if strings.Contains(said, secret) {
		t.Errorf("%s tells the secret of %q", said, set)
	}
	tells := func(text string, libraries []string) {
		t.Helper()
		for line := range strings.Lines(text) {
			if strings.Contains(line, secret) && !slices.ContainsFunc(libraries, func(l string) bool { return strings.Contains(line, l) }) {
				t.Errorf("%s tells the secret of %q", line, set)
			}
		}
	}
	tells(reported.String(), librariesReport)
	tells(logged.String(), librariesLog)
	return err
}

func TestSecretsOfAFileStaySecret(t *testing.T) {
	// with puts a setting into an exporter of traces.
	with := func(setting string) string {
		return "file_format: \"1.0\"\ntracer_provider: {processors: [{batch: {exporter: {otlp_http: {" + setting + "}}}}]}"
	}
	const endpoint = `endpoint: "http://h:1", `
	t.Setenv("TOKEN", secret)
	for _, yaml := range []string{
		with(`endpoint: "http://user:` + secret + `@[::1"`),
		with(`endpoint: "http://user:` + secret + `@h:port"`),
		with(`endpoint: "http://us er:${TOKEN}@h"`),
		with(`endpoint: "user ` + secret + `@h"`),
		with(`endpoint: "us@er ` + secret + ` x@h"`),
		with(endpoint + `headers_list: "api-key=${TOKEN} x"`),
		with(endpoint + `headers_list: "` + secret + `"`),
		with(endpoint + `headers_list: "api-key=` + secret + `\" x"`),
		with(endpoint + `headers: ` + secret),
		with(endpoint + "tls: {key_file: \"-----BEGIN PRIVATE KEY-----\\n" + secret + "\", cert_file: c}"),
		with(`endpoint: "http://h/` + secret + ` x/%zz"`),
		with(`endpoint: h:1?token=` + secret + `, encoding: ` + secret),
		secret,
		secret + ": {",
		"file_format: \"1.0\"\n" + secret + ": [",
		"- " + secret,
		with(endpoint + `headers: [{name: a, value: [` + secret + `]}]`),
		with(endpoint + `headers: [{name: a, value: *` + secret + `}]`),
		with(endpoint + `headers: {` + secret + `: 1, ` + secret + `: 2}`),
		with(endpoint + `timeout: ` + secret),
		with(endpoint + "timeout: \"`" + secret + `"`),
		with(endpoint + `timeout: !!int "a` + secret + `"`),
		with(endpoint + `compression: ` + secret),
		with(endpoint + "compression: \"a `" + secret + `"`),
		"file_format: \"1.0\"\npropagator: {composite_list: \"http://user:" + secret + "@h\"}",
		"file_format: \"1.0\"\ndisabled: " + secret,
		"file_format: \"1.0\"\nlog_level: ${" + secret + ":x}",
		"file_format: \"1.0\"\nlog_level: ${TOKEN-" + secret + "}",
		"file_format: \"1.0\"\nresource: {attributes: [{name: token, value: a, type: " + secret + "}]}",
	} {
		t.Run("", func(t *testing.T) {
			configure(t, yaml)
			if wantSecret(t, nil) == nil {
				t.Errorf("no error about\n%s", yaml)
			}
		})
	}
}
