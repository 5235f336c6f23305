// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"go.opentelemetry.io/otel"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
)

// Limits for slow and idle clients, which would otherwise hold connections. A
// scrape takes milliseconds, and Prometheus waits ten seconds for it by default.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = time.Minute
	idleTimeout  = 2 * time.Minute
)

// Server is a running server. [Start] returns one. It is safe for concurrent use.
type Server struct {
	http    http.Server
	address net.Addr
	served  chan struct{} // closed when serving ended
	err     error         // of serving, unless Shutdown ended it; set before served is closed
}

// Start serves e in the background until [Server.Shutdown].
//
// It fails if a variable of the environment or the web configuration file is
// invalid, or if it cannot listen on the address. If serving fails later, the error
// goes to [otel.Handle] and Shutdown returns it.
func Start(e *prometheus.Exporter, opts ...Option) (*Server, error) {
	if e == nil {
		return nil, errors.New("prometheus server: the exporter is nil")
	}
	c, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("prometheus server: %w", err)
	}
	handler, err := newHandler(e)
	if err != nil {
		return nil, fmt.Errorf("prometheus server: landing page: %w", err)
	}
	listener, err := net.Listen("tcp", c.address)
	if err != nil {
		return nil, fmt.Errorf("prometheus server: %w", redact.URLs(err))
	}
	s := &Server{address: listener.Addr(), served: make(chan struct{})}
	s.configure(handler, c)
	go s.serve(listener, c)
	return s, nil
}

func (s *Server) configure(handler http.Handler, c config) {
	s.http = http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(c.logger.Handler(), slog.LevelWarn),
	}
	if c.webConfig != "" {
		// Called when serving begins, after the toolkit has put its handler before
		// ours.
		s.http.BaseContext = func(net.Listener) context.Context {
			s.http.Handler = &guard{next: s.http.Handler, file: c.webConfig}
			return context.Background()
		}
		s.http.ConnContext = withGuesses
	}
}

func newHandler(e *prometheus.Exporter) (http.Handler, error) {
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name:        "lmcache-otel",
		Description: "Metrics of an LLM KV cache",
		Profiling:   "false",
		Links:       []web.LandingLinks{{Address: "/metrics", Text: "Metrics"}},
	})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", e.Handler())
	mux.Handle("GET /{$}", landing)
	return mux, err
}

func (s *Server) serve(listener net.Listener, c config) {
	defer close(s.served)
	err := web.Serve(listener, &s.http, &web.FlagConfig{WebConfigFile: &c.webConfig}, c.logger)
	if errors.Is(err, http.ErrServerClosed) {
		return
	}
	s.err = fmt.Errorf("prometheus server: %w", redact.Settings(err))
	otel.Handle(s.err)
	// The toolkit leaves the listener open if the web configuration file became
	// invalid after Start checked it.
	_ = listener.Close()
}

// Addr returns the address of the listener.
func (s *Server) Addr() net.Addr { return s.address }

// Shutdown stops listening and waits for running scrapes. If ctx ends first, it
// closes their connections and returns the error of ctx. It does not shut the
// exporter down. Shutdown may be called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("prometheus server: shut down: %w", err), s.http.Close())
	}
	<-s.served
	return errors.Join(err, s.err)
}
