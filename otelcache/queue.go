// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// messages waits for the host: for its error handler and its loggers. They may
// block, panic or call this package, so that no recording call may call them.
var messages queue

const maxQueue = 64

// queue runs functions one after another in a goroutine that exists only while
// there are any. The zero value is ready.
type queue struct {
	mu       sync.Mutex
	waiting  []func()
	draining bool
}

// post lets f run soon; it reports whether there was room.
func (q *queue) post(f func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == maxQueue {
		self.count(instruments.OTelDroppedReports)
		return false
	}
	q.waiting = append(q.waiting, f)
	if !q.draining {
		q.draining = true
		go q.drain()
	}
	return true
}

func (q *queue) drain() {
	var isEmpty bool
	defer func() {
		if isEmpty {
			return
		}
		// A function panicked or called runtime.Goexit, which ends this goroutine.
		if recover() != nil {
			errorHandlerFailed.count()
		}
		go q.drain()
	}()
	for f := q.take(); f != nil; f = q.take() {
		f()
	}
	isEmpty = true
}

// take returns the next function, or nil when there is none: the caller ends.
func (q *queue) take() func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting, q.draining = nil, false
		return nil
	}
	f := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	return f
}
