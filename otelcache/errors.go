// SPDX-License-Identifier: Apache-2.0

package otelcache

import "errors"

var (
	// ErrInvalidOption is returned by the constructors for an unusable option or
	// argument; the text says which, and what is wanted.
	ErrInvalidOption = errors.New("otelcache: invalid option")
	// ErrEngineLive is returned by [New] when the engine already has a live monitor
	// on the same meter provider.
	ErrEngineLive = errors.New("otelcache: engine already has a live monitor on this meter provider")
	// ErrClosed is returned for a monitor that has been closed.
	ErrClosed = errors.New("otelcache: monitor is closed")
	// ErrObserved is returned by [Monitor.Observe] for a gauge that already has a
	// callback.
	ErrObserved = errors.New("otelcache: gauge already has a callback")
	// ErrMisuse marks reports to [otel.Handle] about calls that say what cannot be,
	// and about gauge callbacks that fail.
	ErrMisuse = errors.New("otelcache: misuse")
)
