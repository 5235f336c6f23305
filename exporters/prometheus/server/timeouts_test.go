// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestTimeouts: a server has all of them.
func TestTimeouts(t *testing.T) {
	var s Server
	s.configure(http.NotFoundHandler(), config{logger: slog.New(slog.DiscardHandler)})
	for name, d := range map[string]time.Duration{
		"header": s.http.ReadHeaderTimeout, "read": s.http.ReadTimeout, "write": s.http.WriteTimeout, "idle": s.http.IdleTimeout,
	} {
		if d <= 0 || d > 2*time.Minute {
			t.Errorf("%s timeout: %v, want one of two minutes at most", name, d)
		}
	}
}

// TestClientsThatKeepConnections: whether they pipeline requests and do not
// read, send half a header, or send nothing, they lose their connections. Their
// timeouts are shorter than those of the server.
func TestClientsThatKeepConnections(t *testing.T) {
	const clients, timeout = 50, 300 * time.Millisecond
	page := bytes.Repeat([]byte("lmcache:metric 1\n"), 1<<14)
	for name, request := range map[string]string{
		"pipelines":     strings.Repeat("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n", 1000),
		"half a header": "GET /metrics HTTP/1.1\r\nHost:",
		"idle":          "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n",
		"nothing":       "",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &Server{address: listener.Addr(), served: make(chan struct{})}
			c := config{logger: slog.New(slog.DiscardHandler)}
			s.configure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if name == "pipelines" {
					_, _ = w.Write(page)
				}
			}), c)
			s.http.ReadHeaderTimeout, s.http.ReadTimeout, s.http.WriteTimeout, s.http.IdleTimeout = timeout, timeout, timeout, timeout
			var open, opened atomic.Int64
			s.http.ConnState = func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					open.Add(1)
					opened.Add(1)
				case http.StateClosed:
					open.Add(-1)
				}
			}
			go s.serve(listener, c)
			for range clients {
				conn, err := net.Dial("tcp", s.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close() //nolint:errcheck // the server closed it
				go func() { _, _ = io.WriteString(conn, request) }()
			}
			for deadline := time.Now().Add(20 * timeout); opened.Load() < clients || open.Load() > 0; time.Sleep(timeout / 10) {
				if time.Now().After(deadline) {
					t.Fatalf("%d of %d connections are open", open.Load(), opened.Load())
				}
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
