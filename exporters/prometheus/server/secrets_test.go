// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
)

const secret = "s3cr3t"

// Web configuration files that hold a secret, SECRET, and are invalid.
var filesWithSecret = []string{
	"SECRET",
	"- SECRET",
	"SECRET: {",
	"SECRET: 1",
	"{SECRET}",
	"basic_auth_users: SECRET",
	"basic_auth_users: [SECRET]",
	"basic_auth_users: prometheus:SECRET",
	"basic_auth_users: {prometheus: SECRET}",
	"basic_auth_users: {prometheus: \"SECRET\"",
	"basic_auth_users: {prometheus: {SECRET: 1}}",
	"basic_auth_users: {prometheus: [SECRET]}",
	"basic_auth_users: {prometheus: *SECRET}",
	"basic_auth_users: {prometheus: !!int SECRET}",
	"basic_auth_users: {prometheus: $SECRET}",
	"basic_auth_users: {prometheus: $2y$SECRET" + "SECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRET}",
	"basic_auth_users: {prometheus: SECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRETSECRET}",
	"basic_auth_users:\n\tprometheus: SECRET",
	"basic_auth_users:\nprometheus: SECRET",
	"basic_auth_users:\n  prometheus:\n  - SECRET",
	"basic_auth_users: {SECRET: a, SECRET: b}",
	"basic_auth_users: {? {SECRET: 1} : a}",
	"tls_server_config: SECRET",
	"tls_server_config: {SECRET: a}",
	"tls_server_config: {cert_file: c, key: SECRET, key_file: k}",
	"tls_server_config: {cert: c, key: SECRET}",
	"tls_server_config: {cert: c, key: \"-----BEGIN PRIVATE KEY-----\\nSECRET\"}",
	"tls_server_config: {cert: c, key_file: \"-----BEGIN PRIVATE KEY-----\\nSECRET\"}",
	"tls_server_config: {cert_file: c, client_auth_type: SECRET, key_file: k}",
	"tls_server_config: {cipher_suites: [SECRET]}",
	"tls_server_config: {curve_preferences: [SECRET]}",
	"tls_server_config: {min_version: SECRET}",
	"tls_server_config: {cert: c, key_file: \"https://user:SECRET@h/key\"}",
	"http_server_config: {headers: {X-Frame-Options: SECRET}}",
	"http_server_config: {headers: {SECRET: a}}",
	"http_server_config: {headers: {Authorization: SECRET}}",
	"http_server_config: {headers: SECRET}",
	"http_server_config: {http2: SECRET}",
	"rate_limit: {interval: SECRET}",
	"rate_limit: {burst: SECRET}",
	"rate_limit: {burst: \"`SECRET\"}",
}

// TestSecretsOfFiles: neither errors of Start nor, for a file that becomes
// invalid later, the log, reports and pages tell a secret.
func TestSecretsOfFiles(t *testing.T) {
	for _, content := range filesWithSecret {
		content := strings.ReplaceAll(content, "SECRET", secret)
		t.Run("", func(t *testing.T) {
			var log safeBuffer
			before := otel.GetErrorHandler()
			otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { _, _ = log.Write([]byte(err.Error())) }))
			defer otel.SetErrorHandler(before)
			logger := server.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
			file := write(t, t.TempDir(), "web.yaml", content)
			if s, err := server.Start(newExporter(t), server.WithAddress("127.0.0.1:0"), server.WithWebConfig(file), logger); err == nil {
				_ = s.Shutdown(t.Context())
				t.Errorf("no error about %s", content)
			} else if strings.Contains(err.Error(), secret) {
				t.Errorf("%v tells the secret of %s", err, content)
			}

			write(t, filepath.Dir(file), "web.yaml", "basic_auth_users: {prometheus: "+bcrypted+"}")
			s := start(t, server.WithWebConfig(file), logger)
			mustGet(t, s, "/") // the server has read the file
			write(t, filepath.Dir(file), "web.yaml", content)
			for _, user := range [][]string{nil, {"prometheus", password}} {
				if _, body := mustGet(t, s, "/metrics", user...); strings.Contains(body, secret) {
					t.Errorf("the page tells the secret of %s:\n%s", content, body)
				}
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log tells the secret of %s:\n%s", content, log.String())
			}
		})
	}
}

// TestSecretsOfAddresses: nor do errors about the address.
func TestSecretsOfAddresses(t *testing.T) {
	for _, address := range []string{
		"user:SECRET@127.0.0.1:0", "http://user:SECRET@127.0.0.1:0", "http://127.0.0.1:0/SECRET", "127.0.0.1:0/SECRET", "127.0.0.1:0?token=SECRET",
		"SECRET@127.0.0.1:0", "user:SECRET@h", ":SECRET@h:0", "redis://:SECRET@h:0",
	} {
		address := strings.ReplaceAll(address, "SECRET", secret)
		if _, err := server.Start(newExporter(t), server.WithAddress(address)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want an error without the secret of %s", err, address)
		}
		t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", address)
		if _, err := server.Start(newExporter(t)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want an error without the secret of the port %s", err, address)
		}
		t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
		t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", address)
		if _, err := server.Start(newExporter(t)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want an error without the secret of the host %s", err, address)
		}
		t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "")
	}
}
