// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
)

// gone is a client that has left.
type gone struct{ discard }

func (*gone) Write([]byte) (int, error) { return 0, errors.New("write: broken pipe") }

// TestReports: of 200 clients that hang up there is one report, and after ten
// seconds one that says how many were left out.
func TestReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := handled(t)
		b := newBridge(t, both)
		b.monitor(t, llama)
		scrape := func() {
			request := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
			b.exporter.Handler().ServeHTTP(&gone{discard{header: http.Header{}}}, request)
			synctest.Wait()
		}
		for range 200 {
			scrape()
		}
		const want = "prometheus exporter: write: broken pipe"
		if got := handled(); got != want+"\n" {
			t.Errorf("the reports are %q, want one", got)
		}
		time.Sleep(10 * time.Second)
		scrape()
		if got := handled(); got != want+"\n"+want+" (200 failures of this kind since the last report)\n" {
			t.Errorf("the reports are %q, want a second one about 200", got)
		}
		// Another kind is not held back by it.
		if err := b.provider.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		b.get()
		synctest.Wait()
		if got := handled(); !strings.Contains(got, "shutdown") {
			t.Errorf("the reports are %q, want one about the shutdown", got)
		}
	})
}

// TestClientsThatHangUp: as above, over TCP.
func TestClientsThatHangUp(t *testing.T) {
	handled := handled(t)
	b := newBridge(t, both)
	b.monitor(t, llama)
	server := httptest.NewServer(b.exporter.Handler())
	defer server.Close()
	before := goroutines()
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for range 10 {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
				_ = conn.(*net.TCPConn).SetLinger(0) // closed with a reset
				_ = conn.Close()
			}
		})
	}
	clients.Wait()
	settles(t, "goroutines after the clients left", goroutines, before)
	const kinds = 2 // a page that could not be written, a scrape that was refused
	if got := strings.Count(handled(), "\n"); got > kinds {
		t.Errorf("%d reports, want %d at most:\n%s", got, kinds, handled())
	}
	b.text(t)
}

// TestErrorHandlersOfTheHost: one that blocks holds no scrape up and is not
// called again meanwhile, one that panics harms nobody.
func TestErrorHandlersOfTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := otel.GetErrorHandler()
		defer otel.SetErrorHandler(before)
		release, calls := make(chan struct{}), make(chan error, 100)
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
			calls <- err
			<-release
			panic(err)
		}))
		b := newBridge(t, both)
		if err := b.provider.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for range 5 {
			if answer := b.get(); answer.Code != http.StatusInternalServerError {
				t.Errorf("status %d, want 500", answer.Code)
			}
			time.Sleep(time.Minute)
		}
		if len(calls) != 1 {
			t.Errorf("%d calls of a handler that blocks, want 1", len(calls))
		}
		close(release)
		synctest.Wait()
		b.get()
		synctest.Wait()
		if len(calls) != 2 {
			t.Errorf("%d calls after it returned, want 2", len(calls))
		}
	})
}
