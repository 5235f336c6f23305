// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

const secret = "s3cr3t"

// No error, and no report, repeats a secret of a malformed setting.
func TestSecretsStaySecret(t *testing.T) {
	const otlp = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, set := range []variables{
		{otlp: "http://user:" + secret + "@[::1"},
		{otlp: "http://user:" + secret + "@h:99999"},
		{otlp: "http://user:" + secret + "@h:port"},
		{otlp: "http://us er:" + secret + "@h:1"},
		{otlp: "user:" + secret + "@127.0.0.1:1"},
		{otlp: "ftp://user:" + secret + "@127.0.0.1:1"},
		{otlp: "unix://user:" + secret + "@127.0.0.1:1"},
		{otlp: "//user:" + secret + "@127.0.0.1:1"},
		{otlp: "http://%zz:" + secret + "@127.0.0.1:1"},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "Bearer " + secret},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=" + secret + "%zz"},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=" + secret + "%0A"},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "author ization=" + secret},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=" + secret + "é"},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT": secret},
		{otlp: "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": secret},
		{"OTEL_TRACES_EXPORTER": "http://user:" + secret + "@h:1"},
		{"OTEL_TRACES_EXPORTER": "otlp," + secret, otlp: "http://127.0.0.1:1"},
		{"OTEL_METRICS_EXPORTER": secret},
		{"OTEL_PROPAGATORS": "http://user:" + secret + "@h:1"},
		{"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_HOST": "user:" + secret + "@localhost"},
		{"OTEL_CONFIG_FILE": "https://user:" + secret + "@h/otel.yaml"},
	} {
		for _, protocol := range []string{"grpc", "http/protobuf"} {
			t.Run(protocol, func(t *testing.T) {
				t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
				_ = wantSecret(t, set) // most are used as they are, or reported when they are
			})
		}
	}
}

// wantSecret makes a pipeline, uses it, and looks for the secret in what is
// said. It returns the error of New.
func wantSecret(t *testing.T, set variables) error {
	t.Helper()
	reported := collectReports(t)
	variables{"OTEL_BSP_EXPORT_TIMEOUT": "50", "OTEL_METRIC_EXPORT_TIMEOUT": "50"}.set(t)
	set.set(t)
	p, err := auto.New(t.Context())
	record(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	said := fmt.Sprint(err, p.ForceFlush(ctx), p.Shutdown(ctx), reported)
	if strings.Contains(said, secret) {
		t.Errorf("%s tells the secret of %v", said, set)
	}
	t.Log(said)
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
