// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = time.Minute
	idleTimeout   = 2 * time.Minute
	closeTimeout  = 2 * time.Second // for scrapes that are under way
)

// server serves the metrics and a page that leads to them.
type server struct {
	url    string
	http   *http.Server
	failed chan error // why it ended before close
}

func serve(address string, metrics http.Handler, names string) (*server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = index.Execute(w, names) // the client has gone
	})
	s := &server{
		url: "http://" + listener.Addr().String(),
		http: &http.Server{
			Handler:           mux,
			ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		},
		failed: make(chan error, 1),
	}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve metrics: %w", err)
		}
	}()
	return s, nil
}

// close lets the requests that are under way finish, for a moment.
func (s *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		return s.http.Close()
	}
	return nil
}

var index = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>lmcache-otel replay</title></head>
<body>
<h1>lmcache-otel replay</h1>
<ul>
<li><a href="/metrics">/metrics</a>: the KV cache's metrics for Prometheus (names: {{.}})</li>
</ul>
</body>
</html>
`))
