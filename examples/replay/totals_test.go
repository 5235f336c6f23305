// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// totals are what a replay has to report of a trace when one worker replays it and nothing is lost.
type totals struct {
	requests, tokens, hits, zeroHits int
	retrieves                        int
	stores, stored                   int
}

// computeTotals knows nothing of caches: a set of block ids, and the rule that a prefix counts whole blocks or, when it is all of the
// prompt, the prompt.
func computeTotals(trace []request) (sum totals) {
	seen := map[int64]bool{}
	for _, q := range trace {
		hit := 0
		for _, id := range q.blocks {
			if !seen[id] {
				break
			}
			hit += 512
		}
		if hit == 512*len(q.blocks) {
			hit = q.inputTokens
		}
		sum.requests++
		sum.tokens += q.inputTokens
		sum.hits += hit
		if hit == 0 {
			sum.zeroHits++
		} else {
			sum.retrieves++
		}
		if hit < q.inputTokens {
			sum.stores++
			sum.stored += q.inputTokens - hit
		}
		for _, id := range q.blocks {
			seen[id] = true
		}
	}
	return sum
}

// names are the totals under both names.
func (s totals) names() map[string]int {
	return map[string]int{
		"lmcache:num_lookup_requests": s.requests, "lmcache_lookup_requests_total": s.requests,
		"lmcache:num_lookup_tokens": s.tokens, "lmcache_lookup_requested_tokens_total": s.tokens,
		"lmcache:num_lookup_hits": s.hits, "lmcache_lookup_hit_tokens_total": s.hits,
		"lmcache:lookup_0_hit_requests": s.zeroHits, "lmcache_lookup_zero_hit_requests_total": s.zeroHits,
		"lmcache:num_retrieve_requests": s.retrieves, "lmcache_retrieve_requests_total": s.retrieves,
		"lmcache:num_requested_tokens": s.hits, "lmcache_retrieve_requested_tokens_total": s.hits,
		"lmcache:num_hit_tokens": s.hits, "lmcache_retrieve_hit_tokens_total": s.hits,
		"lmcache:num_store_requests": s.stores, "lmcache_store_requests_total": s.stores,
		"lmcache:num_stored_tokens": s.stored, "lmcache_store_tokens_total": s.stored,
		"lmcache:num_prompt_tokens": s.tokens, "lmcache_engine_prompt_tokens_total": s.tokens,
		"lmcache:time_to_retrieve": s.retrieves, "lmcache_retrieve_duration_seconds": s.retrieves,
		"lmcache:time_to_lookup": s.requests, "lmcache_lookup_duration_seconds": s.requests,
		"lmcache:time_to_store": s.stores, "lmcache_store_duration_seconds": s.stores,
		"lmcache:retrieve_to_gpu_time": s.retrieves, "lmcache_retrieve_to_gpu_duration_seconds": s.retrieves,
		"lmcache:store_put_time": s.stores, "lmcache_store_put_duration_seconds": s.stores,
	}
}

// randomTrace shares prefixes, repeats whole prompts, has ids in it that are cached but do not begin the prompt, a first block that was
// partial once and is full later, and empty prompts.
func randomTrace(seed uint64, requests int) []request {
	random := rand.New(rand.NewPCG(seed, 7))
	var trace []request
	for range requests {
		var blocks []int64
		for id := random.Int64N(4) * 100; len(blocks) < random.IntN(12); id++ {
			if random.IntN(10) == 0 {
				id = random.Int64N(400)
			}
			if !slices.Contains(blocks, id) {
				blocks = append(blocks, id)
			}
		}
		tokens := len(blocks) * 512
		if tokens > 0 {
			tokens -= random.IntN(512)
		}
		trace = append(trace, request{inputTokens: tokens, blocks: blocks})
	}
	return trace
}

func TestComputeTotals(t *testing.T) {
	got := computeTotals([]request{
		{inputTokens: 1000, blocks: []int64{1, 2}},    // nothing cached
		{inputTokens: 1000, blocks: []int64{1, 2}},    // all of it
		{inputTokens: 1500, blocks: []int64{1, 2, 3}}, // two blocks, 476 tokens new
		{inputTokens: 600, blocks: []int64{9, 2}},     // 2 is cached but not as a prefix
	})
	want := totals{requests: 4, tokens: 4100, hits: 2024, zeroHits: 2, retrieves: 2, stores: 3, stored: 2076}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestTotals replays traces through all sets of tiers that together lose nothing.
func TestTotals(t *testing.T) {
	const oneBlock, someBlocks = 512, 20 * 512
	tiersets := map[string]options{
		"memory":                 {},
		"memory and disk":        {cpuBytes: someBlocks, disk: "in a temporary directory"},
		"memory and Redis":       {cpuBytes: someBlocks, remote: true},
		"one block, disk":        {cpuBytes: oneBlock, disk: "in a temporary directory"},
		"no block fits, Redis":   {cpuBytes: 1, remote: true},
		"no block fits, disk":    {cpuBytes: 1, disk: "in a temporary directory"},
		"memory, disk and Redis": {cpuBytes: someBlocks, disk: "in a temporary directory", remote: true},
	}
	for name, o := range tiersets {
		for seed := range uint64(4) {
			if o.instruments = boundInstruments; seed == 3 {
				o.instruments = sdkInstruments
			}
			t.Run(fmt.Sprintf("%s, seed %d, %s", name, seed, o.instruments), func(t *testing.T) {
				if o.disk != "" {
					o.disk = t.TempDir()
				}
				r := newTestRun(t, o)
				trace := randomTrace(seed, 300)
				if seed == 0 {
					trace = generate(1)
				}
				if got := r.all(t.Context(), trace); got != len(trace) {
					t.Errorf("served %d requests, want %d", got, len(trace))
				}
				want := computeTotals(trace)
				for name, n := range want.names() {
					r.expect(t, name, float64(n))
				}
				byTier := 0
				for _, n := range r.hits.load() {
					byTier += int(n)
				}
				if byTier != want.hits {
					t.Errorf("tokens by tier: got %d, want %d", byTier, want.hits)
				}
				if log := r.log.String(); log != "" {
					t.Errorf("warnings: %s", log)
				}
			})
		}
	}
}

// TestWorkers holds that nothing is lost when eight workers share the cache, whatever their order was.
func TestWorkers(t *testing.T) {
	r := newTestRun(t, options{workers: 8, cpuBytes: 40 * 512, disk: t.TempDir(), remote: true})
	trace := randomTrace(5, 2000)
	r.all(t.Context(), trace)
	want := computeTotals(trace)
	r.expect(t, "lmcache:num_lookup_requests", float64(want.requests))
	r.expect(t, "lmcache:num_lookup_tokens", float64(want.tokens))
	r.expect(t, "lmcache_lookup_duration_seconds", float64(want.requests))
	r.expect(t, "lmcache_scheduler_unfinished_requests", 0)
	// Each token of a prompt was retrieved or stored.
	moved := r.value(t, "lmcache:num_hit_tokens") + r.value(t, "lmcache:num_stored_tokens")
	if moved != float64(want.tokens) {
		t.Errorf("retrieved and stored tokens: got %v, want %v", moved, want.tokens)
	}
	if log := r.log.String(); log != "" {
		t.Errorf("warnings: %s", log)
	}
}

// TestRecordedTrace has the numbers that were worked out for the recorded trace when this project began.
func TestRecordedTrace(t *testing.T) {
	trace, err := readTraceFile(recordedTrace(t))
	if err != nil {
		t.Fatal(err)
	}
	r := newTestRun(t, options{})
	r.all(t.Context(), trace)
	for name, want := range map[string]float64{
		"lmcache:num_lookup_requests":   3993,
		"lmcache:num_lookup_tokens":     61194628,
		"lmcache:num_lookup_hits":       39852661,
		"lmcache:lookup_0_hit_requests": 2211,
		"lmcache:num_retrieve_requests": 1782,
		"lmcache:num_hit_tokens":        39852661,
		"lmcache:num_store_requests":    3780,
		"lmcache:num_stored_tokens":     21341967,
		"lmcache:time_to_retrieve":      1782,
	} {
		r.expect(t, name, want)
	}
}

// TestLengthDecides has prompts whose ids and length disagree.
func TestLengthDecides(t *testing.T) {
	for name, o := range map[string]options{"memory": {}, "Redis": {cpuBytes: 1, remote: true}} {
		t.Run(name, func(t *testing.T) {
			r := newTestRun(t, o)
			r.all(t.Context(), []request{
				{inputTokens: 5000, blocks: []int64{1}},      // its only id stands for all of it
				{inputTokens: 5000, blocks: []int64{1}},      // so that all of it is found
				{inputTokens: 600, blocks: []int64{1, 2, 3}}, // 512 tokens found, 88 new, none in the last block
				{inputTokens: 600, blocks: []int64{1, 2, 3}},
			})
			r.expect(t, "lmcache:num_lookup_hits", 5000+512+600)
			r.expect(t, "lmcache:num_hit_tokens", 5000+512+600)
			r.expect(t, "lmcache:num_stored_tokens", 5000+88)
			if log := r.log.String(); log != "" {
				t.Errorf("warnings: %s", log)
			}
		})
	}
}
