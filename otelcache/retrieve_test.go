// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var retrieveFeeds = []feed{
	{
		"retrieve started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartRetrieve(ctx, 1000)
		},
		points{"lmcache.retrieve.requests": "1", "lmcache.retrieve.requested_tokens": "1000"},
	},
	{
		"retrieve with all phases", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			for i, name := range []otelcache.PhaseName{
				otelcache.ProcessTokens, otelcache.Broadcast, otelcache.ToGPU,
				otelcache.RemoteBatchedGet, otelcache.ConnectorBatchedGet,
			} {
				_, p := r.StartPhase(ctx, name)
				time.Sleep(time.Duration(i+1) * ms)
				p.End()
			}
			time.Sleep(5 * ms) // 20 ms in all
			r.Finish(500)
		},
		points{
			"lmcache.retrieve.requests":                       "1",
			"lmcache.retrieve.requested_tokens":               "1000",
			"lmcache.retrieve.hit_tokens":                     "500",
			"lmcache.retrieve.duration":                       "sum 0.02, 1 ≤ 0.02",
			"lmcache.retrieve.speed":                          "sum 25000, 1 ≤ 32768",
			"lmcache.retrieve.process_tokens.duration":        "sum 0.001, 1 ≤ 0.00128",
			"lmcache.retrieve.broadcast.duration":             "sum 0.002, 1 ≤ 0.00256",
			"lmcache.retrieve.to_gpu.duration":                "sum 0.003, 1 ≤ 0.00512",
			"lmcache.retrieve.remote_batched_get.duration":    "sum 0.004, 1 ≤ 0.00512",
			"lmcache.retrieve.connector_batched_get.duration": "sum 0.005, 1 ≤ 0.00512",
		},
	},
	{
		"retrieve without a hit", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			time.Sleep(20 * time.Second)
			r.Finish(0)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.duration":         "sum 20, 1 above",
			"lmcache.retrieve.slow_by_time":     "1", // and not slow_by_speed: it has no speed
		},
	},
	{
		"retrieve in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			p.End()
			r.Finish(1000)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.hit_tokens":       "1000",
		},
	},
	{
		"retrieve failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			time.Sleep(20 * ms)
			p.End()
			r.Fail(errBroken)
		},
		points{
			"lmcache.retrieve.requests":                                 "1",
			"lmcache.retrieve.requested_tokens":                         "1000",
			"lmcache.retrieve.failures":                                 "1",
			"lmcache.retrieve.duration{error.type=*errors.errorString}": "sum 0.02, 1 ≤ 0.02",
		},
	},
	{
		"retrieve hit rate", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			r.Finish(400)
			time.Sleep(10 * time.Second)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.hit_tokens":       "400",
			"lmcache.retrieve.hit_rate":         "0.4",
		},
	},
	{
		"retrieve slower than both thresholds", func(ctx context.Context, m *otelcache.Monitor) {
			_, r := m.StartRetrieve(ctx, 1000)
			time.Sleep(2 * time.Second) // feedOptions has 1 s and 100 tokens a second
			r.Finish(100)
		},
		points{
			"lmcache.retrieve.requests":         "1",
			"lmcache.retrieve.requested_tokens": "1000",
			"lmcache.retrieve.hit_tokens":       "100",
			"lmcache.retrieve.duration":         "sum 2, 1 ≤ 2.5",
			"lmcache.retrieve.speed":            "sum 50, 1 ≤ 64",
			"lmcache.retrieve.slow_by_time":     "1",
			"lmcache.retrieve.slow_by_speed":    "1",
		},
	},
}
