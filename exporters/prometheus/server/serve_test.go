// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"go.opentelemetry.io/otel"
)

// TestServingFails: the web configuration file is gone when serving begins,
// which Start cannot foresee.
func TestServingFails(t *testing.T) {
	var handled error
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { handled = err }))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{address: listener.Addr(), served: make(chan struct{})}
	s.serve(listener, config{webConfig: filepath.Join(t.TempDir(), "gone.yaml"), logger: slog.New(slog.DiscardHandler)})
	if err := s.Shutdown(t.Context()); !errors.Is(err, fs.ErrNotExist) || !errors.Is(handled, fs.ErrNotExist) {
		t.Errorf("Shutdown gives %v, and the error handler got %v, want both about the file", err, handled)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("the server listens")
	}
}
