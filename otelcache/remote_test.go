// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var remoteFeeds = []feed{
	{
		"remote get", func(ctx context.Context, m *otelcache.Monitor) {
			_, g := m.StartRemoteGet(ctx)
			time.Sleep(12 * ms)
			g.Finish(4096)
		},
		points{
			"lmcache.remote.read.requests": "1",
			"lmcache.remote.read.io":       "4096",
			"lmcache.remote.get.duration":  "sum 0.012, 1 ≤ 0.02",
		},
	},
	{
		"remote get failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, g := m.StartRemoteGet(ctx)
			time.Sleep(12 * ms)
			g.Fail(errBroken)
		},
		points{
			"lmcache.remote.get.failures":                                 "1",
			"lmcache.remote.get.duration{error.type=*errors.errorString}": "sum 0.012, 1 ≤ 0.02",
		},
	},
	{
		"remote get in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, g := m.StartRemoteGet(ctx)
			g.Finish(4096)
		},
		points{
			"lmcache.remote.read.requests": "1",
			"lmcache.remote.read.io":       "4096",
			"lmcache.remote.get.duration":  "sum 0, 1 ≤ 0.001",
		},
	},
	{
		"remote put", func(ctx context.Context, m *otelcache.Monitor) {
			_, p := m.StartRemotePut(ctx)
			time.Sleep(12 * ms)
			p.Finish(4096)
		},
		points{
			"lmcache.remote.write.requests": "1",
			"lmcache.remote.write.io":       "4096",
			"lmcache.remote.put.duration":   "sum 0.012, 1 ≤ 0.02",
		},
	},
	{
		"remote put failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, p := m.StartRemotePut(ctx)
			time.Sleep(12 * ms)
			p.Fail(errBroken)
		},
		points{
			"lmcache.remote.put.failures":                                 "1",
			"lmcache.remote.put.duration{error.type=*errors.errorString}": "sum 0.012, 1 ≤ 0.02",
		},
	},
	{
		"remote put in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, p := m.StartRemotePut(ctx)
			p.Finish(4096)
		},
		points{
			"lmcache.remote.write.requests": "1",
			"lmcache.remote.write.io":       "4096",
			"lmcache.remote.put.duration":   "sum 0, 1 ≤ 0.001",
		},
	},
	{
		"RecordRemoteRead", func(_ context.Context, m *otelcache.Monitor) { m.RecordRemoteRead(4096) },
		points{"lmcache.remote.read.requests": "1", "lmcache.remote.read.io": "4096"},
	},
	{
		"RecordRemoteWrite", func(_ context.Context, m *otelcache.Monitor) { m.RecordRemoteWrite(4096) },
		points{"lmcache.remote.write.requests": "1", "lmcache.remote.write.io": "4096"},
	},
	{
		"RecordRemoteGetTime", func(ctx context.Context, m *otelcache.Monitor) { m.RecordRemoteGetTime(ctx, 12*ms) },
		points{"lmcache.remote.get.duration": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"remote get that took no time", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordRemoteGetTime(ctx, 0)
		},
		points{"lmcache.remote.get.duration": "sum 0, 1 ≤ 0.001"},
	},
	{
		"RecordRemotePutTime", func(ctx context.Context, m *otelcache.Monitor) { m.RecordRemotePutTime(ctx, 12*ms) },
		points{"lmcache.remote.put.duration": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"RecordRemoteGetSyncTime", func(ctx context.Context, m *otelcache.Monitor) { m.RecordRemoteGetSyncTime(ctx, 12*ms) },
		points{"lmcache.remote.get_sync.duration": "sum 0.012, 1 ≤ 0.02"},
	},
	{
		"RecordPing", func(_ context.Context, m *otelcache.Monitor) { m.RecordPing(3*ms, 0) },
		points{
			"lmcache.remote.ping.successes": "1", "lmcache.remote.ping.latency": "0.003",
			"lmcache.remote.ping.error_code": "0",
		},
	},
	{
		"Ping with an error", func(_ context.Context, m *otelcache.Monitor) { m.RecordPing(3*ms, -7) },
		points{
			"lmcache.remote.ping.errors": "1", "lmcache.remote.ping.latency": "0.003",
			"lmcache.remote.ping.error_code": "-7",
		},
	},
	{
		"SetRemoteCacheUsage", func(_ context.Context, m *otelcache.Monitor) { m.SetRemoteCacheUsage(1 << 40) },
		points{"lmcache.remote_cache.usage": "1.099511627776e+12"},
	},
}
