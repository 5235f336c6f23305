// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// recordFeeds has an operation of each kind that took 2 s, recorded afterwards.
var recordFeeds = []feed{
	{
		"RecordLookup", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordLookup(ctx, twoSeconds(otelcache.Record{Tokens: 1000, Hits: 250}))
		},
		points{
			"lmcache.lookup.requests":         "1",
			"lmcache.lookup.requested_tokens": "1000",
			"lmcache.lookup.hit_tokens":       "250",
			"lmcache.lookup.duration":         "sum 2, 1 ≤ 2.62144",
			"lmcache.lookup.request_hit_rate": "sum 0.25, 1 ≤ 0.3",
		},
	},
	{
		"RecordRetrieve", func(ctx context.Context, m *otelcache.Monitor) {
			start := time.Now().Add(-2500 * ms)
			m.RecordRetrieve(ctx, twoSeconds(otelcache.Record{Tokens: 1000, Hits: 100, Phases: []otelcache.PhaseRecord{
				{Name: otelcache.ToGPU, Start: start, End: start.Add(ms)},
				{Name: otelcache.Broadcast, Start: start, End: start.Add(2 * ms)},
			}}))
		},
		points{
			"lmcache.retrieve.requests":           "1",
			"lmcache.retrieve.requested_tokens":   "1000",
			"lmcache.retrieve.hit_tokens":         "100",
			"lmcache.retrieve.duration":           "sum 2, 1 ≤ 2.5",
			"lmcache.retrieve.speed":              "sum 50, 1 ≤ 64",
			"lmcache.retrieve.slow_by_time":       "1", // feedOptions has 1 s and 100 tokens a second
			"lmcache.retrieve.slow_by_speed":      "1",
			"lmcache.retrieve.to_gpu.duration":    "sum 0.001, 1 ≤ 0.00128",
			"lmcache.retrieve.broadcast.duration": "sum 0.002, 1 ≤ 0.00256",
		},
	},
	{
		"RecordStore", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordStore(ctx, twoSeconds(otelcache.Record{Tokens: 1000, Stored: 600}))
		},
		points{
			"lmcache.store.requests": "1",
			"lmcache.store.tokens":   "600",
			"lmcache.store.duration": "sum 2, 1 ≤ 2.5",
			"lmcache.store.speed":    "sum 300, 1 ≤ 512",
		},
	},
	{
		"RecordTransfer", func(ctx context.Context, m *otelcache.Monitor) {
			m.RecordTransfer(ctx, twoSeconds(otelcache.Record{Tokens: 1000}))
		},
		points{
			"lmcache.p2p.transfer.requests": "1",
			"lmcache.p2p.transfer.tokens":   "1000",
			"lmcache.p2p.transfer.duration": "sum 2, 1 ≤ 2.5",
			"lmcache.p2p.transfer.speed":    "sum 500, 1 ≤ 512",
		},
	},
}

// recordedSpans are the spans that the rows make.
var recordedSpans = map[string][]string{
	"RecordLookup":   {"lmcache.lookup"},
	"RecordRetrieve": {"lmcache.retrieve", "to_gpu", "broadcast"},
	"RecordStore":    {"lmcache.store"},
	"RecordTransfer": {"lmcache.p2p_transfer"},
}

// twoSeconds returns r with the times from three seconds to one second ago.
func twoSeconds(r otelcache.Record) otelcache.Record {
	now := time.Now()
	r.Start, r.End = now.Add(-3*time.Second), now.Add(-time.Second)
	return r
}
