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
	"go.opentelemetry.io/otel/trace"
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

// errorTypeOf returns the type of err. Errors and the host's function are the
// caller's code: a panic of theirs, such as that of a nil pointer in an error, must
// not take the request down.
func (c *config) errorTypeOf(err error) attribute.KeyValue {
	if err == nil {
		return semconv.ErrorTypeOther
	}
	var name string
	if c.errorType != nil {
		c.errorType.call(errorTypeFailed, func() { name = c.errorType.name(err) })
	}
	if name == "" {
		var isSentinel bool
		if name, isSentinel = typeOf(err); isSentinel {
			return semconv.ErrorTypeKey.String(name)
		}
	}
	return errorTypes.attribute(name)
}

// errorNamer is the function of WithErrorType.
type errorNamer struct {
	name func(error) string
	part
}

// typeOf returns the type of an error without the host's function.
func typeOf(err error) (name string, isSentinel bool) {
	defer func() {
		if recover() != nil {
			name, isSentinel = goType(err), false
		}
	}()
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.name, true
		}
	}
	return semconv.ErrorType(withoutContext(err)).Value.AsString(), false
}

// goType returns the name of an error's Go type, as OpenTelemetry's SDK has it.
func goType(err error) string {
	t := reflect.TypeOf(err)
	if t.PkgPath() == "" || t.Name() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// errorText returns the text of an error for its span.
func errorText(err error) (text string) {
	if err == nil {
		return "failed"
	}
	defer func() {
		if r := recover(); r != nil {
			text = spanText.clean(fmt.Sprintf("%T: its text panicked: %v", err, r))
		}
	}()
	return spanText.clean(err.Error())
}

// recordError adds the event that the RecordError of a span would, with a text
// that is clean.
func recordError(span trace.Span, err error, text string) {
	span.AddEvent(semconv.ExceptionEventName, trace.WithAttributes(
		semconv.ExceptionType(nameText.clean(goType(err))), semconv.ExceptionMessage(text)))
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
