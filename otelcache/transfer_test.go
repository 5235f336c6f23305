// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var transferFeeds = []feed{
	{
		"transfer started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartTransfer(ctx, 1000, "peer")
		},
		points{"lmcache.p2p.transfer.requests": "1"},
	},
	{
		"transfer", func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.StartTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Finish()
		},
		points{
			"lmcache.p2p.transfer.requests": "1",
			"lmcache.p2p.transfer.tokens":   "1000",
			"lmcache.p2p.transfer.duration": "sum 0.5, 1 ≤ 0.5",
			"lmcache.p2p.transfer.speed":    "sum 2000, 1 ≤ 2048",
		},
	},
	{
		"transfer failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.StartTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Fail(errBroken)
		},
		points{
			"lmcache.p2p.transfer.requests":                                 "1",
			"lmcache.p2p.transfer.failures":                                 "1",
			"lmcache.p2p.transfer.duration{error.type=*errors.errorString}": "sum 0.5, 1 ≤ 0.5",
		},
	},
	{
		"transfer served", func(ctx context.Context, m *otelcache.Monitor) {
			_, tr := m.ServeTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Finish()
			_, tr = m.ServeTransfer(ctx, 1000, "peer")
			time.Sleep(500 * ms)
			tr.Fail(errBroken)
		},
		points{},
	},
}
