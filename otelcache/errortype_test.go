// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// wantErrorType fails a lookup and checks the type in the metric and in the span.
func wantErrorType(t *testing.T, tel *telemetry, err error, want string) {
	t.Helper()
	tel.spans.Reset()
	cursor := tel.Cursor()
	_, l := tel.StartLookup(context.Background(), 10)
	time.Sleep(ms)
	l.Fail(err)
	if n := cursor.Next().LookupFailures; n != 1 {
		t.Errorf("%v: %d failures, want 1", err, n)
	}
	if point := "lmcache.lookup.duration{error.type=" + want + "}"; tel.fed(t)[point] == "" {
		t.Errorf("%v: there is no %s", err, point)
	}
	if tree := tel.spanTree(t); !strings.Contains(tree, "{error.type="+want+" ") {
		t.Errorf("%v: the span is %s, want the type %s", err, tree, want)
	}
}

type typedError struct{ name string }

func (typedError) Error() string       { return "typed" }
func (e typedError) ErrorType() string { return e.name }

type plainError struct{}

func (plainError) Error() string { return "plain" }

func TestErrorTypes(t *testing.T) {
	_, notThere := os.Open(filepath.Join(t.TempDir(), "none"))
	deadline, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	for name, err := range map[string]error{
		"context.DeadlineExceeded": context.DeadlineExceeded,
		"os.ErrDeadlineExceeded":   os.ErrDeadlineExceeded,
		"io.EOF":                   io.EOF,
		"io.ErrUnexpectedEOF":      io.ErrUnexpectedEOF,
		"io.ErrClosedPipe":         io.ErrClosedPipe,
		"io.ErrShortWrite":         io.ErrShortWrite,
		"net.ErrClosed":            net.ErrClosed,
		"fs.ErrNotExist":           fs.ErrNotExist,
		"fs.ErrExist":              fs.ErrExist,
		"fs.ErrPermission":         fs.ErrPermission,
		"fs.ErrClosed":             fs.ErrClosed,
		"errors.ErrUnsupported":    errors.ErrUnsupported,
	} {
		bubble(t, name, func(t *testing.T) {
			for _, err := range []error{
				err,
				fmt.Errorf("get: %w", err),
				fmt.Errorf("retry: %w", fmt.Errorf("get: %w", err)),
				fmt.Errorf("get: %w and %w", errBroken, err),
				errors.Join(errBroken, err),
				errors.Join(typedError{"mine"}, fmt.Errorf("get: %w", err)),
				&net.OpError{Op: "read", Err: err},
			} {
				wantErrorType(t, newTelemetry(t), err, name)
			}
		})
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{notThere, "fs.ErrNotExist"},
		{deadline.Err(), "context.DeadlineExceeded"},
		{nil, "_OTHER"},
		{errBroken, "*errors.errorString"},
		{fmt.Errorf("get: %w", errBroken), "*errors.errorString"},
		{plainError{}, "github.com/lmcache-go/lmcache-otel/otelcache_test.plainError"},
		{fmt.Errorf("twice: %w", fmt.Errorf("get: %w", plainError{})), "github.com/lmcache-go/lmcache-otel/otelcache_test.plainError"},
		{typedError{"mine"}, "mine"},
		{fmt.Errorf("get: %w", typedError{"mine"}), "mine"},
		{errors.Join(errBroken, typedError{"mine"}), "mine"},
		{typedError{}, "github.com/lmcache-go/lmcache-otel/otelcache_test.typedError"},
	} {
		bubble(t, fmt.Sprint(c.err), func(t *testing.T) { wantErrorType(t, newTelemetry(t), c.err, c.want) })
	}
}

func TestWithErrorType(t *testing.T) {
	full := errors.New("full")
	for name, c := range map[string]struct {
		name func(error) string
		err  error
		want string
	}{
		"named":            {func(error) string { return "cache_full" }, full, "cache_full"},
		"before sentinels": {func(error) string { return "end" }, io.EOF, "end"},
		"before methods":   {func(error) string { return "host" }, typedError{"mine"}, "host"},
		"not named":        {func(error) string { return "" }, full, "*errors.errorString"},
		"not a sentinel":   {func(error) string { return "" }, fmt.Errorf("get: %w", io.EOF), "io.EOF"},
		"is given the error": {func(err error) string {
			if errors.Is(err, full) {
				return "cache_full"
			}
			return "another"
		}, fmt.Errorf("put: %w", full), "cache_full"},
	} {
		bubble(t, name, func(t *testing.T) {
			wantErrorType(t, newTelemetry(t, otelcache.WithErrorType(c.name)), c.err, c.want)
		})
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"panics for a sentinel": {io.EOF, "io.EOF"},
		"panics for another":    {full, "*errors.errorString"},
	} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t, otelcache.WithErrorType(func(error) string { panic("no name") }))
			wantErrorType(t, tel, c.err, c.want)
			wantReport(t, tel.misuse, nil, "WithErrorType", "no name")
			if got := tel.spans.Ended()[0].Status().Description; got != c.err.Error() {
				t.Errorf("the status is %q, want %q", got, c.err.Error())
			}
		})
	}
	t.Run("is not asked about a cancellation", func(t *testing.T) {
		tel := newTelemetry(t, otelcache.WithErrorType(func(error) string { panic("asked") }))
		_, l := tel.StartLookup(context.Background(), 1)
		l.Fail(context.Canceled)
	})
}

// TestErrorsThatPanic has an error whose text, and one whose type, panics.
func TestErrorsThatPanic(t *testing.T) {
	for name, c := range map[string]struct {
		err            error
		typ, statusHas string
	}{
		"text":  {(*panickingError)(nil), "*otelcache_test.panickingError", "*otelcache_test.panickingError: its text panicked"},
		"chain": {panickingChain{}, "github.com/lmcache-go/lmcache-otel/otelcache_test.panickingChain", "broken"},
	} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t)
			wantErrorType(t, tel, c.err, c.typ)
			if got := tel.spans.Ended()[0].Status().Description; !strings.HasPrefix(got, c.statusHas) {
				t.Errorf("the status is %q, want %q", got, c.statusHas)
			}
		})
	}
}

type panickingChain struct{}

func (panickingChain) Error() string   { return "broken" }
func (panickingChain) Is(error) bool   { panic("no comparison") }
func (panickingChain) Unwrap() []error { panic("no chain") }
