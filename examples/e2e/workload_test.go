// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// blockTokens is how many prompt tokens a hash id of a trace stands for.
const blockTokens = 512

// request is one line of a trace.
type request struct {
	Timestamp    int64   `json:"timestamp"` // milliseconds since the start
	InputLength  int     `json:"input_length"`
	OutputLength int     `json:"output_length"`
	HashIDs      []int64 `json:"hash_ids"`
}

// totals are what a replay must report of a trace when nothing is evicted and one worker replays it.
type totals struct {
	lookups, lookupTokens, hitTokens, zeroHitLookups int
	retrieves                                        int
	stores, storedTokens                             int
}

// computeTotals replays a trace on a set of block ids: the cache that every real one must agree with.
func computeTotals(trace []request) totals {
	var sum totals
	cached := map[int64]bool{}
	for _, r := range trace {
		blocks := 0
		for blocks < len(r.HashIDs) && cached[r.HashIDs[blocks]] {
			blocks++
		}
		hit := blocks * blockTokens
		if blocks == len(r.HashIDs) { // the last block may be partial
			hit = r.InputLength
		}
		sum.lookups++
		sum.lookupTokens += r.InputLength
		sum.hitTokens += hit
		if hit == 0 {
			sum.zeroHitLookups++
		} else {
			sum.retrieves++
		}
		if missing := r.InputLength - hit; missing > 0 {
			sum.stores++
			sum.storedTokens += missing
		}
		for _, id := range r.HashIDs {
			cached[id] = true
		}
	}
	return sum
}

// spans is how many spans a replay without a remote tier makes: a request, its operations and their phases.
func (s totals) spans() int {
	return s.lookups + s.lookups + s.retrieves*(1+len(operations["lmcache.retrieve"])) + s.stores*(1+len(operations["lmcache.store"]))
}

// counter is a total under each name that a backend may know it by.
type counter struct {
	otel, prometheus, lmcache string
	want                      int
}

// counters are the totals as metrics.
func (s totals) counters() []counter {
	return []counter{
		{"lmcache.lookup.requests", "lmcache_lookup_requests_total", "lmcache:num_lookup_requests_total", s.lookups},
		{"lmcache.lookup.requested_tokens", "lmcache_lookup_requested_tokens_total", "lmcache:num_lookup_tokens_total", s.lookupTokens},
		{"lmcache.lookup.hit_tokens", "lmcache_lookup_hit_tokens_total", "lmcache:num_lookup_hits_total", s.hitTokens},
		{"lmcache.lookup.zero_hit_requests", "lmcache_lookup_zero_hit_requests_total", "lmcache:lookup_0_hit_requests_total", s.zeroHitLookups},
		{"lmcache.retrieve.requests", "lmcache_retrieve_requests_total", "lmcache:num_retrieve_requests_total", s.retrieves},
		{"lmcache.retrieve.hit_tokens", "lmcache_retrieve_hit_tokens_total", "lmcache:num_hit_tokens_total", s.hitTokens},
		{"lmcache.store.requests", "lmcache_store_requests_total", "lmcache:num_store_requests_total", s.stores},
		{"lmcache.store.tokens", "lmcache_store_tokens_total", "lmcache:num_stored_tokens_total", s.storedTokens},
	}
}

// durations are the histograms with one observation for each request.
func (s totals) durations() []counter {
	return []counter{
		{"lmcache.lookup.duration", "lmcache_lookup_duration_seconds", "lmcache:time_to_lookup", s.lookups},
		{"lmcache.retrieve.duration", "lmcache_retrieve_duration_seconds", "lmcache:time_to_retrieve", s.retrieves},
		{"lmcache.store.duration", "lmcache_store_duration_seconds", "lmcache:time_to_store", s.stores},
	}
}

// workload is a trace file and what a replay of it must report.
type workload struct {
	path string
	totals
}

// generateWorkload writes a trace of multi-turn conversations, one request each interval: every turn repeats the prompt before it
// and adds to it, so that most requests hit a prefix, some hit all of their prompt and new conversations hit nothing.
func generateWorkload(t *testing.T, requests int, interval time.Duration) workload {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2)) // seeded: each run replays the same
	var trace []request
	var conversations [][]int64
	var nextID int64
	for i := range requests {
		turn := random.IntN(len(conversations) + 1)
		if turn == len(conversations) || len(conversations) < 3 {
			turn = len(conversations)
			conversations = append(conversations, nil)
		}
		added := random.IntN(6) // none: the same prompt again
		if len(conversations[turn]) == 0 {
			added++
		}
		for range added {
			conversations[turn] = append(conversations[turn], nextID)
			nextID++
		}
		ids := conversations[turn]
		trace = append(trace, request{
			Timestamp:    int64(i) * interval.Milliseconds(),
			InputLength:  len(ids)*blockTokens - random.IntN(blockTokens),
			OutputLength: 1 + random.IntN(500),
			HashIDs:      slices.Clone(ids),
		})
	}
	path := filepath.Join(t.TempDir(), "generated.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	encoder := json.NewEncoder(file)
	for _, r := range trace {
		if err := encoder.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return workload{path: path, totals: computeTotals(trace)}
}

// recordedWorkload is the Mooncake trace, which is not part of the repository. It skips the test where there is none.
func recordedWorkload(t *testing.T) workload {
	t.Helper()
	if testing.Short() {
		t.Skip("the recorded trace is replayed without -short only")
	}
	path := filepath.Join("..", "..", "..", "shared", "traces", "mooncake_synthetic.jsonl")
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("the recorded trace is not here: %v", err)
	}
	defer file.Close()
	var trace []request
	for decoder := json.NewDecoder(file); decoder.More(); {
		var r request
		if err := decoder.Decode(&r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		trace = append(trace, r)
	}
	return workload{path: path, totals: computeTotals(trace)}
}

// TestComputeTotals holds the yardstick of the other tests against numbers worked out by hand.
func TestComputeTotals(t *testing.T) {
	trace := []request{
		{InputLength: 1000, HashIDs: []int64{1, 2}},    // nothing cached: store 1000
		{InputLength: 1000, HashIDs: []int64{1, 2}},    // all of it, though the last block is partial
		{InputLength: 1500, HashIDs: []int64{1, 2, 3}}, // two blocks: 1024, store 476
		{InputLength: 600, HashIDs: []int64{9, 2}},     // a block that is cached, but not as a prefix
	}
	want := totals{
		lookups: 4, lookupTokens: 4100, hitTokens: 2024, zeroHitLookups: 2,
		retrieves: 2,
		stores:    3, storedTokens: 2076,
	}
	if got := computeTotals(trace); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestRecordedTotals holds the yardstick against the numbers published with the recorded trace's use in this project.
func TestRecordedTotals(t *testing.T) {
	want := totals{
		lookups: 3993, lookupTokens: 61194628, hitTokens: 39852661, zeroHitLookups: 2211,
		retrieves: 1782,
		stores:    3780, storedTokens: 21341967,
	}
	if got := recordedWorkload(t).totals; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
