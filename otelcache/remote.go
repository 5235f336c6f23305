// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// RemoteGet is a get from the remote backend that the monitor times. Its methods are safe for concurrent use; it is
// finished once, with Finish or Fail.
type RemoteGet struct{ operation }

// RemotePut is a put to the remote backend that the monitor times. Its methods are safe for concurrent use; it is
// finished once, with Finish or Fail.
type RemotePut struct{ operation }

var (
	remoteGetKind = operationKind{span: "lmcache.remote.get", options: clientSpan, times: []distributionID{remoteGetDuration}}
	remotePutKind = operationKind{span: "lmcache.remote.put", options: clientSpan, times: []distributionID{remotePutDuration}}
)

// StartRemoteGet starts a get from the remote backend and its client span lmcache.remote.get.
func (m *Monitor) StartRemoteGet(ctx context.Context) (context.Context, *RemoteGet) {
	g := new(RemoteGet)
	return g.begin(ctx, m, &remoteGetKind), g
}

// Finish ends the get with the number of bytes read. It feeds what [Monitor.RemoteRead] and [Monitor.RemoteGetTime] feed.
func (g *RemoteGet) Finish(bytes int64) {
	_, elapsed, ok := g.end()
	if !ok {
		return
	}
	bytes = g.mon.natural(bytes, "number of bytes of a remote get")
	g.mon.RemoteRead(bytes)
	if g.timed {
		g.mon.RemoteGetTime(g.ctx, elapsed)
	}
	g.endRemote(bytes)
}

// Fail ends the get with an error. It does not count as a read; its duration carries error.type natively.
func (g *RemoteGet) Fail(err error) { g.fail(err, remoteGetDuration) }

// StartRemotePut starts a put to the remote backend and its client span lmcache.remote.put.
func (m *Monitor) StartRemotePut(ctx context.Context) (context.Context, *RemotePut) {
	p := new(RemotePut)
	return p.begin(ctx, m, &remotePutKind), p
}

// Finish ends the put with the number of bytes written. It feeds what [Monitor.RemoteWrite] and [Monitor.RemotePutTime] feed.
func (p *RemotePut) Finish(bytes int64) {
	_, elapsed, ok := p.end()
	if !ok {
		return
	}
	bytes = p.mon.natural(bytes, "number of bytes of a remote put")
	p.mon.RemoteWrite(bytes)
	if p.timed {
		p.mon.RemotePutTime(p.ctx, elapsed)
	}
	p.endRemote(bytes)
}

// Fail ends the put with an error. It does not count as a write; its duration carries error.type natively.
func (p *RemotePut) Fail(err error) { p.fail(err, remotePutDuration) }

func (o *operation) endRemote(bytes int64) {
	if o.recording {
		o.span.SetAttributes(instruments.BytesKey.Int64(bytes))
	}
	o.endSpan()
}

// RemoteRead counts a read of that many bytes from the remote backend, for callers that time it themselves.
func (m *Monitor) RemoteRead(bytes int64) {
	m.counters.add(remoteReadRequests, 1)
	m.counters.add(remoteReadIO, m.natural(bytes, "number of bytes of a remote read"))
}

// RemoteWrite counts a write of that many bytes to the remote backend, for callers that time it themselves.
func (m *Monitor) RemoteWrite(bytes int64) {
	m.counters.add(remoteWriteRequests, 1)
	m.counters.add(remoteWriteIO, m.natural(bytes, "number of bytes of a remote write"))
}

// RemoteGetTime records how long a get from the remote backend took. An exemplar carries the trace of ctx.
func (m *Monitor) RemoteGetTime(ctx context.Context, d time.Duration) {
	m.recordDuration(ctx, remoteGetDuration, m.naturalTime(d, "time of a remote get"))
}

// RemotePutTime records how long a put to the remote backend took. An exemplar carries the trace of ctx.
func (m *Monitor) RemotePutTime(ctx context.Context, d time.Duration) {
	m.recordDuration(ctx, remotePutDuration, m.naturalTime(d, "time of a remote put"))
}

// RemoteGetSyncTime records how long a caller waited for a get from the remote backend, scheduling and RPC included. An exemplar
// carries the trace of ctx.
func (m *Monitor) RemoteGetSyncTime(ctx context.Context, d time.Duration) {
	m.recordDuration(ctx, remoteGetSyncDuration, m.naturalTime(d, "time of a synchronous remote get"))
}

// Ping records a ping of the remote backend: its round-trip time and its error code, 0 for success.
func (m *Monitor) Ping(latency time.Duration, code int) {
	m.gauges[remotePingLatency].set(m.naturalTime(latency, "latency of a ping").Seconds())
	m.gauges[remotePingErrorCode].set(float64(code))
	if code == 0 {
		m.counters.add(remotePingSuccesses, 1)
	} else {
		m.counters.add(remotePingErrors, 1)
	}
}

// SetRemoteCacheUsage sets the number of bytes that the remote cache holds.
func (m *Monitor) SetRemoteCacheUsage(bytes int64) { m.setGauge(remoteCacheUsage, bytes) }
