// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// RemoteGet is a get from the remote backend that the monitor times. It is
// finished once, with Finish or Fail. Its methods are safe for concurrent use;
// those of the zero RemoteGet do nothing.
type RemoteGet struct{ *operation }

// RemotePut is a put to the remote backend that the monitor times. It is finished
// once, with Finish or Fail. Its methods are safe for concurrent use; those of the
// zero RemotePut do nothing.
type RemotePut struct{ *operation }

var remoteGetKind = newKind(kind{
	span:      "lmcache.remote.get",
	options:   clientSpan,
	finished:  instruments.RemoteReadRequests,
	moved:     instruments.RemoteReadIO,
	failures:  instruments.RemoteGetFailures,
	cancelled: instruments.RemoteGetCancelled,
	duration:  instruments.RemoteGetDuration,
	instant:   true,
	movedKey:  instruments.BytesKey,
})

var remotePutKind = newKind(kind{
	span:      "lmcache.remote.put",
	options:   clientSpan,
	finished:  instruments.RemoteWriteRequests,
	moved:     instruments.RemoteWriteIO,
	failures:  instruments.RemotePutFailures,
	cancelled: instruments.RemotePutCancelled,
	duration:  instruments.RemotePutDuration,
	instant:   true,
	movedKey:  instruments.BytesKey,
})

// StartRemoteGet starts a get from the remote backend and its client span
// lmcache.remote.get.
func (m *Monitor) StartRemoteGet(ctx context.Context) (context.Context, RemoteGet) {
	o := new(operation) // inlined, so that the caller may keep it on its stack
	return o.begin(ctx, m, &remoteGetKind, 0), RemoteGet{o}
}

// Finish ends the get with the number of bytes read. It feeds the metrics of
// [Monitor.RecordRemoteRead] and [Monitor.RecordRemoteGetTime].
func (g RemoteGet) Finish(bytes int64) { g.finish(bytes) }

// StartRemotePut starts a put to the remote backend and its client span
// lmcache.remote.put.
func (m *Monitor) StartRemotePut(ctx context.Context) (context.Context, RemotePut) {
	o := new(operation) // inlined, so that the caller may keep it on its stack
	return o.begin(ctx, m, &remotePutKind, 0), RemotePut{o}
}

// Finish ends the put with the number of bytes written. It feeds the metrics of
// [Monitor.RecordRemoteWrite] and [Monitor.RecordRemotePutTime].
func (p RemotePut) Finish(bytes int64) { p.finish(bytes) }

// RecordRemoteRead counts a read of that many bytes from the remote backend, for
// callers that time it themselves.
func (m *Monitor) RecordRemoteRead(bytes int64) {
	m.add(instruments.RemoteReadRequests, 1)
	m.add(instruments.RemoteReadIO, bytes)
}

// RecordRemoteWrite counts a write of that many bytes to the remote backend, for
// callers that time it themselves.
func (m *Monitor) RecordRemoteWrite(bytes int64) {
	m.add(instruments.RemoteWriteRequests, 1)
	m.add(instruments.RemoteWriteIO, bytes)
}

// RecordRemoteGetTime records how long a get from the remote backend took. An
// exemplar carries the trace of ctx.
func (m *Monitor) RecordRemoteGetTime(ctx context.Context, d time.Duration) {
	m.addTime(ctx, instruments.RemoteGetDuration, d, longest)
}

// RecordRemotePutTime records how long a put to the remote backend took. An
// exemplar carries the trace of ctx.
func (m *Monitor) RecordRemotePutTime(ctx context.Context, d time.Duration) {
	m.addTime(ctx, instruments.RemotePutDuration, d, longest)
}

// RecordRemoteGetSyncTime records how long a caller waited for a get from the
// remote backend, scheduling and RPC included. An exemplar carries the trace of
// ctx.
func (m *Monitor) RecordRemoteGetSyncTime(ctx context.Context, d time.Duration) {
	m.addTime(ctx, instruments.RemoteGetSyncDuration, d, longest)
}

// RecordPing records a ping of the remote backend: its round-trip time and its
// error code, 0 for success.
func (m *Monitor) RecordPing(latency time.Duration, code int) {
	if !m.ready() {
		return
	}
	m = m.enter()
	defer m.exit()
	if g := instruments.RemotePingLatency; isDuration(latency, longest, g.String()) {
		m.setGauge(g, latency.Seconds())
	}
	if g := instruments.RemotePingErrorCode; int64(code) >= -mostAtOnce && int64(code) <= mostAtOnce {
		m.setGauge(g, float64(code))
	} else {
		report(wrongNumber, "%d in %s: want -2^53 to 2^53", code, g)
	}
	if code == 0 {
		m.count(instruments.RemotePingSuccesses, 1)
	} else {
		m.count(instruments.RemotePingErrors, 1)
	}
}

// SetRemoteCacheUsage sets the number of bytes that the remote cache holds.
func (m *Monitor) SetRemoteCacheUsage(bytes int64) { m.setLevel(instruments.RemoteCacheUsage, bytes) }
