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

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
)

// Limits that keep a client which is slow, or which never goes away, from holding a connection. A scrape takes milliseconds, and Prometheus
// waits ten seconds for one by default.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = time.Minute
	idleTimeout  = 2 * time.Minute
)

// Server is a server that runs. It is made by [Start] and safe for concurrent use.
type Server struct {
	http    http.Server
	address net.Addr
	served  chan struct{} // closed when serving ended
	err     error         // why it did, unless by Shutdown; to be read after served
}

// Start serves e in the background until [Server.Shutdown].
//
// The errors are about a variable of the environment, a web configuration file that is not valid, or an address that cannot be listened
// on; nothing is served then. Should serving fail later, the error goes to [otel.Handle] and is returned by Shutdown.
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
		return nil, fmt.Errorf("prometheus server: %w", err)
	}
	s := &Server{
		http: http.Server{
			Handler:      handler,
			ReadTimeout:  readTimeout,
			WriteTimeout: writeTimeout,
			IdleTimeout:  idleTimeout,
			ErrorLog:     slog.NewLogLogger(c.logger.Handler(), slog.LevelWarn),
		},
		address: listener.Addr(),
		served:  make(chan struct{}),
	}
	go s.serve(listener, c)
	return s, nil
}

func newHandler(e *prometheus.Exporter) (http.Handler, error) {
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name:        "lmcache-otel",
		Description: "Metrics of an LLM KV cache",
		Profiling:   "false",
		Links:       []web.LandingLinks{{Address: "/metrics", Text: "Metrics"}},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", e.Handler())
	mux.Handle("GET /{$}", landing)
	return mux, nil
}

func (s *Server) serve(listener net.Listener, c config) {
	defer close(s.served)
	err := web.Serve(listener, &s.http, &web.FlagConfig{WebConfigFile: &c.webConfig}, c.logger)
	if errors.Is(err, http.ErrServerClosed) {
		return
	}
	s.err = fmt.Errorf("prometheus server: %w", err)
	otel.Handle(s.err)
	// The toolkit leaves the listener open when the web configuration file became invalid after Start checked it.
	_ = listener.Close()
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.address }

// Shutdown stops listening and waits for the scrapes under way; when ctx ends first, their connections are closed and the error is that
// of ctx. It does not shut the exporter down. Shutdown may be called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("prometheus server: shut down: %w", err), s.http.Close())
	}
	<-s.served
	return errors.Join(err, s.err)
}
