// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The password, and what a web configuration file has of it.
const (
	password = "correct horse"
	bcrypted = "$2a$04$ioVNaIPjn9PYYQ2dFJiptO2T9WdVvZX7089Ib1t43fcFe.eyGlniO"
)

// newExporter returns an exporter in LMCache's vocabulary with one engine,
// which had one lookup.
func newExporter(t *testing.T) *prometheus.Exporter {
	t.Helper()
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	mon, err := otelcache.New(otelcache.Engine{ModelName: "llama"}, otelcache.WithMeterProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	mon.StartLookup(t.Context(), 1)
	t.Cleanup(func() {
		if err := errors.Join(provider.Shutdown(context.Background()), mon.Close()); err != nil {
			t.Error(err)
		}
	})
	return exporter
}

const counted = `lmcache:num_lookup_requests_total{model_name="llama",role="",served_model_name="",worker_id=""} 1`

// start starts a server on a free port of loopback, and shuts it down when the
// test ends.
func start(t *testing.T, opts ...server.Option) *server.Server {
	t.Helper()
	opts = append([]server.Option{server.WithAddress("127.0.0.1:0"), server.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	s, err := server.Start(newExporter(t), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// get returns the status and body of an answer. The connection is closed with
// it.
func get(t *testing.T, transport *http.Transport, url string, user ...string) (int, string, error) {
	t.Helper()
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if len(user) == 2 {
		request.SetBasicAuth(user[0], user[1])
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close() //nolint:errcheck // it is read to its end
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), nil
}

func mustGet(t *testing.T, s *server.Server, path string, user ...string) (status int, body string) {
	t.Helper()
	status, body, err := get(t, &http.Transport{}, "http://"+s.Addr().String()+path, user...)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPages(t *testing.T) {
	s := start(t)
	if status, body := mustGet(t, s, "/metrics"); status != http.StatusOK || !strings.Contains(body, counted) {
		t.Errorf("/metrics: status %d and %q, want 200 and %s", status, body, counted)
	}
	status, body := mustGet(t, s, "/")
	if status != http.StatusOK || !strings.Contains(body, `href="/metrics"`) || strings.Contains(body, "debug/pprof") {
		t.Errorf("/: status %d and %q, want 200, a link to metrics and none to profiles", status, body)
	}
	if status, _ := mustGet(t, s, "/secret"); status != http.StatusNotFound {
		t.Errorf("/secret: status %d, want 404", status)
	}
}

func TestBasicAuth(t *testing.T) {
	var log safeBuffer
	file := write(t, t.TempDir(), "web.yaml", "basic_auth_users: {prometheus: "+bcrypted+"}")
	s := start(t, server.WithWebConfig(file), server.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for _, path := range []string{"/metrics", "/"} {
		for _, user := range [][]string{nil, {"prometheus", ""}, {"prometheus", "wrong"}, {"somebody", password}} {
			if status, body := mustGet(t, s, path, user...); status != http.StatusUnauthorized || strings.Contains(body, "lmcache") {
				t.Errorf("%s as %q: status %d and %q, want 401 and nothing of the page", path, user, status, body)
			}
		}
	}
	if status, body := mustGet(t, s, "/metrics", "prometheus", password); status != http.StatusOK || !strings.Contains(body, counted) {
		t.Errorf("with the password: status %d and %q, want 200 and the page", status, body)
	}
	write(t, filepath.Dir(file), "web.yaml", "basic_auth_users: {prometheus: [") // is reported, with the next request
	if status, _ := mustGet(t, s, "/metrics", "prometheus", password); status != http.StatusInternalServerError {
		t.Errorf("with a broken configuration: status %d, want 500", status)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	text := log.String()
	if !strings.Contains(text, s.Addr().String()) || !strings.Contains(text, "Unable to parse configuration") {
		t.Errorf("the log is %q, want the address and the broken configuration", text)
	}
	for _, secret := range []string{password, bcrypted, "wrong"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q: %s", secret, text)
		}
	}
}

// safeBuffer is a buffer that the server writes to while the test reads it.
type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func TestEnvironment(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.2")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
	s := start(t, server.WithAddress(""))
	if host, port, err := net.SplitHostPort(s.Addr().String()); err != nil || host != "127.0.0.2" || port == "9464" {
		t.Errorf("the address is %v, want a free port of 127.0.0.2", s.Addr())
	}
	if status, _ := mustGet(t, s, "/metrics"); status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
}

// TestDefaultAddress needs the default port, which something else on the
// machine may have.
func TestDefaultAddress(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "")
	const want = "127.0.0.1:9464"
	s, err := server.Start(newExporter(t), server.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, want one about %s", err, want)
		}
		t.Skipf("the port is taken: %v", err)
	}
	if got := s.Addr().String(); got != want {
		t.Errorf("the address is %s, want %s", got, want)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestErrorsBeforeServing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nothing depends on it
	file := func(content string) []server.Option {
		return []server.Option{server.WithWebConfig(write(t, t.TempDir(), "web.yaml", content))}
	}
	for name, test := range map[string]struct {
		opts []server.Option
		port string
		want string
	}{
		"taken port":        {opts: []server.Option{server.WithAddress(taken.Addr().String())}, want: taken.Addr().String()},
		"malformed address": {opts: []server.Option{server.WithAddress("nowhere")}, want: "nowhere"},
		"malformed port":    {port: "http", opts: []server.Option{server.WithAddress("")}, want: "OTEL_EXPORTER_PROMETHEUS_PORT: want a port"},
		"port out of range": {port: "65536", opts: []server.Option{server.WithAddress("")}, want: "0 to 65535"},
		"no such file":      {opts: []server.Option{server.WithWebConfig(filepath.Join(t.TempDir(), "none.yaml"))}, want: "none.yaml"},
		"not YAML":          {opts: file("{"), want: "web.yaml"},
		"unknown setting":   {opts: file("tls: {}"), want: "web.yaml"},
		"password in clear": {opts: file("basic_auth_users: {prometheus: " + password + "}"), want: "web.yaml: basic_auth_users: want bcrypt hashes (htpasswd -nB)"},
		"long password": {
			opts: file("basic_auth_users: {prometheus: " + strings.Repeat(password, 9) + "}"), want: "web.yaml: basic_auth_users: want bcrypt hashes",
		},
		"no certificate":     {opts: file("tls_server_config: {cert_file: none.pem, key_file: none.pem}"), want: "none.pem"},
		"forbidden response": {opts: file("http_server_config: {headers: {Content-Length: '1'}}"), want: "web.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", test.port)
			s, err := server.Start(newExporter(t), append([]server.Option{server.WithAddress("127.0.0.1:0")}, test.opts...)...)
			if err == nil {
				_ = s.Shutdown(t.Context())
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %q, want it to say %q", err, test.want)
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error has the password: %v", err)
			}
		})
	}
	if _, err := server.Start(nil); err == nil {
		t.Error("no error for a nil exporter")
	}
}

// TestShutdown: a scrape under way is answered, unless the context ends first.
func TestShutdown(t *testing.T) {
	for _, patient := range []bool{true, false} {
		t.Run(fmt.Sprintf("patient=%t", patient), func(t *testing.T) {
			exporter, err := prometheus.New()
			if err != nil {
				t.Fatal(err)
			}
			provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
			defer provider.Shutdown(context.Background()) //nolint:errcheck // nothing depends on it
			scraping, proceed := make(chan struct{}), make(chan struct{})
			if _, err := provider.Meter("host").Int64ObservableGauge("slow", withCallback(scraping, proceed)); err != nil {
				t.Fatal(err)
			}
			s, err := server.Start(exporter, server.WithAddress("127.0.0.1:0"), server.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			answered := make(chan error, 1)
			go func() {
				status, body, err := get(t, &http.Transport{}, "http://"+s.Addr().String()+"/metrics")
				if err == nil && (status != http.StatusOK || !strings.Contains(body, "slow{")) {
					err = fmt.Errorf("status %d: %s", status, body)
				}
				answered <- err
			}()
			<-scraping
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if patient {
				ctx = t.Context()
				time.AfterFunc(10*time.Millisecond, func() { close(proceed) })
			} else {
				defer close(proceed)
			}
			err, scrapeErr := s.Shutdown(ctx), <-answered
			if patient && (err != nil || scrapeErr != nil) {
				t.Errorf("the errors of Shutdown and of the scrape are %v and %v, want none", err, scrapeErr)
			}
			if !patient && (!errors.Is(err, context.DeadlineExceeded) || scrapeErr == nil) {
				t.Errorf("the errors of Shutdown and of the scrape are %v and %v, want the deadline's and any", err, scrapeErr)
			}
			if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
				t.Error("the server listens after Shutdown")
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Errorf("the second Shutdown: %v", err)
			}
		})
	}
}
