// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// readers keeps the last collection of each reader of a meter provider, so that
// an engine leaves only after all of them have its last event.
//
// Time is counted in epochs. Each collection begins one. An event is stamped with
// the epoch in which it ended, so that a reader whose epoch is later has it.
type readers struct {
	epoch  atomic.Int64
	opened time.Time

	mu   sync.Mutex
	last map[uintptr]collection
}

type collection struct {
	epoch int64
	at    time.Time
}

// forgetReader is the time without a collection after which a reader is gone.
const forgetReader = 15 * time.Minute

func (r *readers) begin() (epoch int64) { return r.epoch.Add(1) }

func (r *readers) end(reader uintptr, epoch int64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[uintptr]collection{}
	}
	if epoch > r.last[reader].epoch {
		r.last[reader] = collection{epoch, now}
	}
}

// haveSeen returns the epoch of the slowest reader: all have the events of
// earlier ones. A reader is known from its first collection on. While there is
// none, no event counts as seen at first, and all of them later.
func (r *readers) haveSeen(now time.Time) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) == 0 && now.Sub(r.opened) <= forgetReader {
		return 0
	}
	seen := r.epoch.Load() + 1
	for reader, c := range r.last {
		if now.Sub(c.at) > forgetReader {
			delete(r.last, reader)
		} else {
			seen = min(seen, c.epoch)
		}
	}
	return seen
}

var observerType = reflect.TypeFor[metric.Observer]()

// readerOf identifies the reader that collects by the first pointer in its
// observer: the SDK hands a pipeline's own to the callback. The API has no other
// way. OpenTelemetry's global provider wraps the observer anew for each
// collection, so that a pointer to an observer identifies nothing. It returns 0
// for an observer without a pointer, so that all readers of such a provider are
// one.
func readerOf(o metric.Observer) uintptr {
	for v := reflect.ValueOf(o); ; {
		switch v.Kind() {
		case reflect.Map:
			return v.Pointer()
		case reflect.Pointer:
			if !v.Type().Implements(observerType) {
				return v.Pointer()
			}
			v = v.Elem()
		case reflect.Interface:
			v = v.Elem()
		case reflect.Struct:
			next := reflect.Value{}
			for i := range v.NumField() {
				f := v.Field(i)
				switch f.Kind() {
				case reflect.Pointer, reflect.Map, reflect.Interface:
					if !f.IsNil() {
						next = f
					}
				}
				if next.IsValid() {
					break
				}
			}
			v = next
		default:
			return 0
		}
	}
}
