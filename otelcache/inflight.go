// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// longestInFlight is the time after which an operation of a tier is abandoned,
// so that what a host forgets does not stay.
const longestInFlight = 10 * time.Minute

// inFlight are the operations of a tier that have not ended, as a list in the
// order of their starts: the oldest is found at once, and an operation that
// ends leaves without a search. The list is in the operations, so that it
// allocates nothing.
type inFlight struct {
	mu             sync.Mutex
	oldest, newest *tierOperation
}

// add adds an operation that starts now. It reports whether another has been in
// the list for too long.
func (f *inFlight) add(o *tierOperation) (stuck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o.listed = true
	if o.older = f.newest; o.older == nil {
		f.oldest = o
	} else {
		o.older.newer = o
	}
	f.newest = o
	return o.start-f.oldest.start > longestInFlight
}

// remove removes an operation, if it is in the list.
func (f *inFlight) remove(o *tierOperation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.listed {
		f.unlink(o)
	}
}

func (f *inFlight) unlink(o *tierOperation) {
	if o.older == nil {
		f.oldest = o.newer
	} else {
		o.older.newer = o.newer
	}
	if o.newer == nil {
		f.newest = o.older
	} else {
		o.newer.older = o.older
	}
	o.listed, o.older, o.newer = false, nil, nil
}

// takeStuck removes and returns an operation that has been in the list for too
// long, or returns nil.
func (f *inFlight) takeStuck(now time.Duration) *tierOperation {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.oldest
	if o == nil || now-o.start <= longestInFlight {
		return nil
	}
	f.unlink(o)
	return o
}

// age returns the time since the oldest operation was started, 0 when there is
// none.
func (f *inFlight) age(now time.Duration) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.oldest == nil {
		return 0
	}
	return max(now-f.oldest.start, 0)
}

// abandonStuck abandons what has been in flight for too long in any tier. Readers
// call it.
func (m *Monitor) abandonStuck(now time.Duration) {
	for i := range m.tiers {
		m.tiers[i].abandonStuck(now)
	}
}

// abandonStuck abandons the operations that have been in flight for too long. It
// is called when one starts, too, since a host may have no reader.
//
// Their spans end in a goroutine: those who collect hold a lock of the SDK, for
// which the host's span processors might wait.
func (t *TierMonitor) abandonStuck(now time.Duration) {
	var traced []*tierOperation
	for o := t.inFlight.takeStuck(now); o != nil; o = t.inFlight.takeStuck(now) {
		if o.read != nil {
			o = o.read
		}
		if o.done.CompareAndSwap(false, true) {
			o.countCancelled()
			o.mon.exit()
			if o.span != nil {
				traced = append(traced, o)
			}
		}
	}
	if len(traced) > 0 {
		end := trace.WithTimestamp(time.Now())
		go func() {
			defer func() { _ = recover() }() // of a span processor
			for _, o := range traced {
				o.endCancelled(end)
			}
		}()
	}
}
