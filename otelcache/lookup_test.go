// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

var lookupFeeds = []feed{
	{
		"lookup started", func(ctx context.Context, m *otelcache.Monitor) {
			m.StartLookup(ctx, 1000)
		},
		points{"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "1000"},
	},
	{
		"lookup with hits", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(ms)
			l.Finish(250)
		},
		points{
			"lmcache.lookup.requests":                                  "1",
			"lmcache.lookup.requested_tokens":                          "1000",
			"lmcache.lookup.hit_tokens":                                "250",
			"lmcache.lookup.missed_tokens{lmcache.miss.reason=_OTHER}": "750",
			"lmcache.lookup.duration":                                  "sum 0.001, 1 ≤ 0.00128",
			"lmcache.lookup.request_hit_rate":                          "sum 0.25, 1 ≤ 0.3",
		},
	},
	{
		"lookup without a hit", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(ms)
			l.Finish(0)
		},
		points{
			"lmcache.lookup.requests":                                  "1",
			"lmcache.lookup.requested_tokens":                          "1000",
			"lmcache.lookup.zero_hit_requests":                         "1",
			"lmcache.lookup.missed_tokens{lmcache.miss.reason=_OTHER}": "1000",
			"lmcache.lookup.duration":                                  "sum 0.001, 1 ≤ 0.00128",
		},
	},
	{
		"lookup of no tokens in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 0)
			l.Finish(0)
		},
		points{"lmcache.lookup.requests": "1", "lmcache.lookup.zero_hit_requests": "1"},
	},
	{
		"lookup failed", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			time.Sleep(ms)
			l.Fail(errBroken)
		},
		points{
			"lmcache.lookup.requests":                                  "1",
			"lmcache.lookup.requested_tokens":                          "1000",
			"lmcache.lookup.failures":                                  "1",
			"lmcache.lookup.missed_tokens{lmcache.miss.reason=failed}": "1000",
			"lmcache.lookup.duration{error.type=*errors.errorString}":  "sum 0.001, 1 ≤ 0.00128",
		},
	},
	{
		"lookup failed in no time", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			l.Fail(errBroken)
		},
		points{
			"lmcache.lookup.requests": "1", "lmcache.lookup.requested_tokens": "1000", "lmcache.lookup.failures": "1",
			"lmcache.lookup.missed_tokens{lmcache.miss.reason=failed}": "1000",
		},
	},
	{
		"lookup hit rate", func(ctx context.Context, m *otelcache.Monitor) {
			_, l := m.StartLookup(ctx, 1000)
			l.Finish(250)
			time.Sleep(10 * time.Second)
		},
		points{
			"lmcache.lookup.requests":         "1",
			"lmcache.lookup.requested_tokens": "1000",
			"lmcache.lookup.hit_tokens":       "250",
			missed("_OTHER"):                  "750",
			"lmcache.lookup.request_hit_rate": "sum 0.25, 1 ≤ 0.3",
			"lmcache.lookup.hit_rate":         "0.25",
		},
	},
}
