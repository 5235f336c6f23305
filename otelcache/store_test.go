// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var storeFeeds = []feed{
	{
		"store started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartStore(ctx, 1000)
		},
		points{"lmcache.store.requests": "1"},
	},
	{
		"store with all phases", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			for i, name := range []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.FromGPU, otelcache.Put} {
				_, p := s.StartPhase(ctx, name)
				time.Sleep(time.Duration(i+1) * ms)
				p.End()
			}
			time.Sleep(4 * ms) // 10 ms in all
			s.Finish(600)
		},
		points{
			"lmcache.store.requests": "1",
			"lmcache.store.tokens":   "600",
			"lmcache.store.skipped_tokens{lmcache.skip.reason=_OTHER}": "400",
			"lmcache.store.duration":                                   "sum 0.01, 1 ≤ 0.01",
			"lmcache.store.speed":                                      "sum 60000, 1 ≤ 65536",
			"lmcache.store.process_tokens.duration":                    "sum 0.001, 1 ≤ 0.00128",
			"lmcache.store.from_gpu.duration":                          "sum 0.002, 1 ≤ 0.00256",
			"lmcache.store.put.duration":                               "sum 0.003, 1 ≤ 0.00512",
		},
	},
	{
		"store of all tokens", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			time.Sleep(time.Second)
			s.Finish(otelcache.AllTokens)
		},
		points{
			"lmcache.store.requests": "1",
			"lmcache.store.tokens":   "1000",
			"lmcache.store.duration": "sum 1, 1 ≤ 1",
			"lmcache.store.speed":    "sum 1000, 1 ≤ 1024",
		},
	},
	{
		"store of nothing", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			time.Sleep(time.Second)
			s.Finish(0)
		},
		points{
			"lmcache.store.requests": "1", "lmcache.store.duration": "sum 1, 1 ≤ 1",
			"lmcache.store.skipped_tokens{lmcache.skip.reason=_OTHER}": "1000",
		},
	},
	{
		"store failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, s := m.StartStore(ctx, 1000)
			_, p := s.StartPhase(ctx, otelcache.Put)
			time.Sleep(time.Second)
			p.End()
			s.Fail(errBroken)
		},
		points{
			"lmcache.store.requests": "1", "lmcache.store.failures": "1",
			"lmcache.store.skipped_tokens{lmcache.skip.reason=failed}": "1000",
			"lmcache.store.duration{error.type=*errors.errorString}":   "sum 1, 1 ≤ 1",
		},
	},
}
