// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"
)

// prompt is three blocks, 1100 tokens.
var prompt = request{inputTokens: 1100, blocks: []int64{1, 2, 3}}

// TestRedisFails lets Redis refuse every command, where it is the only tier that has room.
func TestRedisFails(t *testing.T) {
	r := newTestRun(t, options{cpuBytes: 1, remote: true})
	r.all(t.Context(), []request{prompt})
	r.cache.remote.embedded.SetError("broken by the test")
	r.all(t.Context(), []request{prompt})

	want := `
request
  lmcache.lookup: error
    redis.pipeline exists: error
  lmcache.store: error
    process_tokens
    from_gpu
    put
      lmcache.remote.put: error
        mset: error
`
	got := tree(t, r)
	if !strings.HasSuffix(got, want) {
		t.Errorf("got spans\n%s\nwant at the end%s", got, want)
	}
	for name, want := range map[string]float64{
		"lmcache:num_lookup_requests": 2, "lmcache:num_lookup_tokens": 2200, "lmcache:num_lookup_hits": 0,
		"lmcache:time_to_lookup": 1, "lmcache_lookup_duration_seconds": 2, // natively with error.type
		"lmcache:num_retrieve_requests": 0,
		"lmcache:num_store_requests":    2, "lmcache:num_stored_tokens": 1100, "lmcache:time_to_store": 1,
		"lmcache:num_remote_write_requests": 1, "lmcache:num_remote_write_bytes": 1100,
		"lmcache:get_blocking_failed_count": 1, "lmcache:put_failed_count": 1,
		"lmcache:remote_put_task_num": 0,
	} {
		r.expect(t, name, want)
	}
	if log := r.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "broken by the test") {
		t.Errorf("got log %q, want a warning with Redis's reason", log)
	}
}

// TestRedisFailsARetrieve lets Redis fail between the lookup and the retrieve.
func TestRedisFailsARetrieve(t *testing.T) {
	r := newTestRun(t, options{cpuBytes: 1, remote: true})
	r.all(t.Context(), []request{prompt})
	w := newWorker(r.run)
	if got := w.lookup(t.Context(), "id", prompt); got != 3 {
		t.Fatalf("lookup found %d blocks, want 3", got)
	}
	r.cache.remote.embedded.SetError("broken by the test")
	if got := w.retrieve(t.Context(), "id", prompt, 3); got != 0 {
		t.Errorf("retrieved %d blocks, want none", got)
	}
	if got, want := tree(t, r), "lmcache.retrieve: error\n  process_tokens\n  remote_batched_get"; !strings.Contains(got, want) {
		t.Errorf("got spans\n%s\nwant among them\n%s", got, want)
	}
	r.expect(t, "lmcache:num_retrieve_requests", 1)
	r.expect(t, "lmcache:num_requested_tokens", 1100)
	r.expect(t, "lmcache:num_hit_tokens", 0)
	r.expect(t, "lmcache:time_to_retrieve", 0)
	r.expect(t, "lmcache_retrieve_duration_seconds", 1)
}

// TestRedisFailsMemoryHolds has all in memory: what Redis says is a warning, and every count is as if it worked.
func TestRedisFailsMemoryHolds(t *testing.T) {
	r := newTestRun(t, options{remote: true})
	r.cache.remote.embedded.SetError("broken by the test")
	r.all(t.Context(), []request{prompt, prompt})
	r.expect(t, "lmcache:num_stored_tokens", 1100)
	r.expect(t, "lmcache:num_hit_tokens", 1100)
	r.expect(t, "lmcache:put_failed_count", 1)
}

// TestDiskLosesABlock: what comes before the lost block is retrieved, the rest is stored anew.
func TestDiskLosesABlock(t *testing.T) {
	r := newTestRun(t, options{cpuBytes: 1, disk: t.TempDir()})
	r.all(t.Context(), []request{prompt})
	var h hasher
	if err := os.Remove(r.cache.disk.path(h.key(2))); err != nil {
		t.Fatal(err)
	}
	r.all(t.Context(), []request{prompt})
	r.expect(t, "lmcache:num_hit_tokens", 512)
	r.expect(t, "lmcache:num_stored_tokens", 1100+588)
	r.expect(t, "lmcache:get_blocking_failed_count", 1)
	if log := r.log.String(); !strings.Contains(log, "disk tier") {
		t.Errorf("got log %q, want a warning about the disk tier", log)
	}
}

// TestDamagedBlock: a block that is not what was stored is not a hit.
func TestDamagedBlock(t *testing.T) {
	r := newTestRun(t, options{cpuBytes: 1, disk: t.TempDir()})
	r.all(t.Context(), []request{prompt})
	var h hasher
	if err := os.WriteFile(r.cache.disk.path(h.key(1)), make([]byte, 512), 0o600); err != nil {
		t.Fatal(err)
	}
	r.all(t.Context(), []request{prompt})
	r.expect(t, "lmcache:num_hit_tokens", 0)
	r.expect(t, "lmcache:num_stored_tokens", 2200)
	r.expect(t, "lmcache:time_to_retrieve", 0)
}
