// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// maxScrapes is the documented number of scrapes at once.
const maxScrapes = 8

// gauge adds a gauge of the host to the page.
func (b bridge) gauge(t *testing.T, callback func(context.Context) error) {
	t.Helper()
	if _, err := b.provider.Meter("host").Int64ObservableGauge("host.gauge", metric.WithInt64Callback(
		func(ctx context.Context, o metric.Int64Observer) error {
			err := callback(ctx)
			if err == nil {
				o.Observe(7)
			}
			return err
		})); err != nil {
		t.Fatal(err)
	}
}

// hang adds a gauge whose callback does not return before release.
func (b bridge) hang(t *testing.T) (release func()) {
	t.Helper()
	released := make(chan struct{})
	b.gauge(t, func(context.Context) error {
		<-released
		return nil
	})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	return release
}

// TestScrapeTime: behind a callback that hangs, a scrape is answered after nine
// tenths of the time that its client gives, and after 10 s without one.
func TestScrapeTime(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 10 * time.Second, "4": 3600 * time.Millisecond, "0.5": 450 * time.Millisecond, "1e9": 54 * time.Second, "+Inf": 54 * time.Second,
		"0": 10 * time.Second, "-1": 10 * time.Second, "NaN": 10 * time.Second, "10s": 10 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			handled(t)
			b := newBridge(t, both)
			release := b.hang(t)
			for _, scrape := range []string{"first", "second"} { // that has the turn, that waits for it
				began := time.Now()
				answer := b.get(timeoutHeader, header)
				if took := time.Since(began); answer.Code != http.StatusServiceUnavailable || took.Round(time.Millisecond) != want {
					t.Errorf("%q, the %s: status %d after %v, want 503 after %v", header, scrape, answer.Code, took, want)
				}
			}
			began := time.Now()
			if _, err := b.exporter.Gatherer().Gather(); err == nil || time.Since(began) != 10*time.Second {
				t.Errorf("Gather gave %v after %v, want an error after 10s", err, time.Since(began))
			}
			release()
			synctest.Wait()
			if text := b.text(t); !strings.Contains(text, "host_gauge{") {
				t.Errorf("the page lacks the gauge:\n%s", text)
			}
		})
	}
}

// TestCallbackThatEndsInTime: one that heeds its context costs its metric, not
// the page.
func TestCallbackThatEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := handled(t)
		b := newBridge(t, both)
		b.monitor(t, llama)
		b.gauge(t, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if text := b.text(t); !strings.Contains(text, "lmcache_lookup_requests_total{") || strings.Contains(text, "host_gauge{") {
			t.Errorf("want lookups and no gauge:\n%s", text)
		}
		synctest.Wait()
		if got := handled(); !strings.Contains(got, context.DeadlineExceeded.Error()) {
			t.Errorf("the error handler got %q, want the callback's error", got)
		}
	})
}

// TestTooManyScrapes: the ninth is refused at once. A client that leaves gives
// its place back.
func TestTooManyScrapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled(t)
		b := newBridge(t, both)
		release := b.hang(t)
		handler := b.exporter.Handler()
		statuses := make(chan int, maxScrapes)
		ctx, leave := context.WithCancel(t.Context())
		scrape := func(ctx context.Context) {
			request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)
			request.Header.Set(timeoutHeader, "60")
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			statuses <- answer.Code
		}
		for i := range maxScrapes {
			if i < 2 {
				go scrape(ctx)
			} else {
				go scrape(t.Context())
			}
			synctest.Wait()
		}
		for range 3 {
			began := time.Now()
			if answer := b.get(); answer.Code != http.StatusServiceUnavailable || time.Since(began) != 0 {
				t.Errorf("status %d after %v, want 503 at once", answer.Code, time.Since(began))
			}
		}
		leave()
		<-statuses
		<-statuses
		go scrape(t.Context())
		go scrape(t.Context())
		synctest.Wait()
		release()
		for range maxScrapes {
			if status := <-statuses; status != http.StatusOK {
				t.Errorf("status %d, want 200", status)
			}
		}
	})
}

// heap returns the bytes that are reachable.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // less than the machine has
}

// settles waits until a number is at most max.
func settles(t *testing.T, what string, number func() int64, most int64) {
	t.Helper()
	var got int64
	for range 1000 {
		if got = number(); got <= most {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s: %d, want %d at most", what, got, most)
}

func goroutines() int64 { return int64(runtime.NumGoroutine()) }

// TestScrapesDoNotPileUp: scrapes that time out behind a callback that hangs
// leave nothing behind, and the page works once the callback returns.
func TestScrapesDoNotPileUp(t *testing.T) {
	handled(t)
	b := newBridge(t, both)
	b.monitor(t, llama)
	release := b.hang(t)
	server := httptest.NewServer(b.exporter.Handler())
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	scrape := func() int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		if err != nil {
			t.Error(err)
			return 0
		}
		request.Header.Set(timeoutHeader, "0.05")
		answer, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer answer.Body.Close() //nolint:errcheck // it is read to its end
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Error(err)
		}
		return answer.StatusCode
	}
	round := func() {
		var scraping sync.WaitGroup
		for range 5 {
			scraping.Go(func() {
				for range 10 {
					if status := scrape(); status != http.StatusServiceUnavailable {
						t.Errorf("status %d, want 503", status)
					}
				}
			})
		}
		scraping.Wait()
	}
	before := goroutines()
	round()
	settles(t, "goroutines beside the one that hangs", goroutines, before+1)
	memory := heap()
	round()
	settles(t, "goroutines beside the one that hangs", goroutines, before+1)
	settles(t, "bytes after as many scrapes again", heap, memory+64<<10)
	release()
	settles(t, "goroutines after the callback returned", goroutines, before)
	text := b.text(t)
	if !strings.Contains(text, "host_gauge{") {
		t.Errorf("the page lacks the gauge:\n%s", text)
	}
	wantScrapes(t, parse(t, text), map[string]float64{"ok": 0, "failed": 0, "timed_out": 100, "refused": 0})
}

// TestClientsThatDoNotRead hold no more than eight pages, and nothing when they
// have left.
func TestClientsThatDoNotRead(t *testing.T) {
	const clients = 60
	handled(t)
	b := newBridge(t, both)
	for i := range 20 {
		mon := b.monitor(t, otelcache.Engine{ModelName: "llama", WorkerID: strconv.Itoa(i)})
		mon.RecordRemoteGetTime(t.Context(), time.Millisecond)
	}
	before, gathered := heap(), []*dto.MetricFamily(nil)
	gathered, err := b.exporter.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	one := heap() - before
	runtime.KeepAlive(gathered)
	gathered = nil

	var answered, began atomic.Int64
	handler := b.exporter.Handler()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&counted{ResponseWriter: w, began: &began}, r)
		answered.Add(1)
	}))
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		_ = conn.(*net.TCPConn).SetWriteBuffer(4096) // so that the page does not fit in
		return ctx
	}
	server.Start()
	defer server.Close()
	before, goroutinesBefore := heap(), goroutines()
	var conns []net.Conn
	for range clients {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		if _, err := io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	settles(t, "clients without the beginning of an answer", func() int64 { return clients - began.Load() }, 0)
	if got := clients - answered.Load(); got != maxScrapes {
		t.Errorf("%d pages are being written, want %d", got, maxScrapes)
	}
	held := heap() - before
	t.Logf("%d clients hold %d bytes; a page is made from %d", clients, held, one)
	if held < maxScrapes*one/2 || held > (maxScrapes+2)*one {
		t.Errorf("%d clients hold %d bytes, want %d pages of %d", clients, held, maxScrapes, one)
	}
	if answer := b.get(); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d beside them, want 503", answer.Code)
	}
	for _, conn := range conns {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	settles(t, "goroutines after the clients left", goroutines, goroutinesBefore)
	settles(t, "bytes after the clients left", heap, before+one)
	b.text(t)
}

// counted counts the answers that have begun.
type counted struct {
	http.ResponseWriter
	began *atomic.Int64
	once  sync.Once
}

func (c *counted) Write(p []byte) (int, error) {
	c.once.Do(func() { c.began.Add(1) })
	return c.ResponseWriter.Write(p)
}

// TestWriteTime: a client that does not read loses its connection after a
// minute, or after the write timeout of a server that has one.
func TestWriteTime(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: time.Minute, 5 * time.Second: 5 * time.Second, time.Hour: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			handled(t)
			b := newBridge(t, both)
			b.monitor(t, llama)
			ours, theirs := net.Pipe() // buffers nothing
			defer ours.Close()         //nolint:errcheck // nothing depends on it
			listener := &pipeListener{conns: make(chan net.Conn, 1)}
			listener.conns <- theirs
			closed := make(chan struct{})
			server := &http.Server{
				Handler:           b.exporter.Handler(),
				ReadHeaderTimeout: time.Second,
				ReadTimeout:       time.Second,
				WriteTimeout:      timeout,
				IdleTimeout:       time.Second,
				ConnState: func(_ net.Conn, state http.ConnState) {
					if state == http.StateClosed {
						close(closed)
					}
				},
			}
			served := make(chan error, 1)
			go func() { served <- server.Serve(listener) }()
			if _, err := io.WriteString(ours, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			<-closed
			if took := time.Since(began); took != want {
				t.Errorf("write timeout %v: the connection ends after %v, want %v", timeout, took, want)
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			<-served
		})
	}
}

// pipeListener accepts connections that a test makes.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	if conn, ok := <-l.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.conns) })
	return nil
}

func (*pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// TestRefusals: they say why.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := handled(t)
		b := newBridge(t, both)
		b.monitor(t, llama)
		release := b.hang(t)
		if answer := b.get(); !strings.Contains(answer.Body.String(), "callback") {
			t.Errorf("the answer is %q, want it to mention callbacks", answer.Body)
		}
		for range maxScrapes {
			go b.get()
		}
		synctest.Wait()
		if answer := b.get(); !strings.Contains(answer.Body.String(), fmt.Sprint(maxScrapes)) {
			t.Errorf("the answer is %q, want it to mention the limit", answer.Body)
		}
		synctest.Wait()
		for _, want := range []string{"callback", "limit"} {
			if got := handled(); !strings.Contains(got, want) {
				t.Errorf("the error handler got %q, want %q", got, want)
			}
		}
		release()
		time.Sleep(time.Minute)
		wantScrapes(t, b.page(t), map[string]float64{"ok": maxScrapes, "failed": 0, "timed_out": 1, "refused": 1})
	})
}
