// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.40.0"
)

// sentinels are the errors of Go's library that a KV cache meets, whose types
// would say nothing.
var sentinels = []struct {
	err  error
	name string
}{
	{context.Canceled, "context.Canceled"},
	{context.DeadlineExceeded, "context.DeadlineExceeded"},
	{os.ErrDeadlineExceeded, "os.ErrDeadlineExceeded"},
	{io.EOF, "io.EOF"},
	{io.ErrUnexpectedEOF, "io.ErrUnexpectedEOF"},
	{io.ErrClosedPipe, "io.ErrClosedPipe"},
	{io.ErrShortWrite, "io.ErrShortWrite"},
	{net.ErrClosed, "net.ErrClosed"},
	{fs.ErrNotExist, "fs.ErrNotExist"},
	{fs.ErrExist, "fs.ErrExist"},
	{fs.ErrPermission, "fs.ErrPermission"},
	{fs.ErrClosed, "fs.ErrClosed"},
	{errors.ErrUnsupported, "errors.ErrUnsupported"},
}

// describe returns the type and the text of err. Errors and the host's function
// are the caller's code: a panic of theirs, such as that of a nil pointer in an
// error, must not take the request down.
func (c *config) describe(err error) (errorType attribute.KeyValue, text string) {
	errorType, text = semconv.ErrorTypeOther, "failed"
	if err == nil {
		return errorType, text
	}
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("%T: its text panicked: %v", err, r)
		}
	}()
	errorType = semconv.ErrorType(withoutContext(err))
	if c.errorType != nil {
		var name string
		protect("the function of WithErrorType", func() { name = c.errorType(err) })
		if name != "" {
			return semconv.ErrorTypeKey.String(name), err.Error()
		}
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			errorType = semconv.ErrorTypeKey.String(s.name)
			break
		}
	}
	return errorType, err.Error()
}

var wrapped = reflect.TypeOf(fmt.Errorf("%w", io.EOF))

// withoutContext returns the error that fmt.Errorf was given, whose type says more
// than the wrapper's. OpenTelemetry's own ErrorType does so from 1.44 on.
func withoutContext(err error) error {
	for reflect.TypeOf(err) == wrapped {
		err = errors.Unwrap(err)
	}
	return err
}

// isCancelled reports whether the error says that nobody wants the result any more.
func isCancelled(ctx context.Context, err error) (cancelled bool) {
	defer func() {
		if r := recover(); r != nil {
			cancelled = false // an error that panics is no cancellation
		}
	}()
	return errors.Is(err, context.Canceled) || ctx.Err() == context.Canceled
}
