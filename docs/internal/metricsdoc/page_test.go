// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

const committedPage = "../../metrics.md"

func TestPageIsUpToDate(t *testing.T) {
	want, err := render()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(committedPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error(`docs/metrics.md differs from the catalog: run "make generate"`)
	}
}

// The names are written out, so that a generator that asks the wrong function for them does not agree with itself.
func TestPageRows(t *testing.T) {
	page, err := render()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"`lmcache.retrieve.requests`<br>`lmcache_retrieve_requests_total`<br>`lmcache:num_retrieve_requests_total` | `RetrieveRequests` | counter | `{request}` |",
		"`lmcache.remote.get.duration`<br>`lmcache_remote_get_duration_seconds`<br>`lmcache:remote_time_to_get` | `RemoteGetDuration` | histogram | `s`<br>LMCache: ms |",
		"`lmcache.memory.pinned_objects`<br>`lmcache_memory_pinned_objects`<br>`lmcache:pinned_memory_objs_count` | `MemoryPinnedObjects` | updowncounter (gauge) |",
		"`lmcache.p2p.transfer.requests`<br>`lmcache_p2p_transfer_requests_total` | `P2PTransferRequests` | counter |",
		"| `lmcache.chunk.lifespan` | 0 60 300 600 1200 2400 3600 4800 6000 15000 30000 45000 60000 150000 300000 | `s` |\n" +
			"| `lmcache:request_cache_lifespan` | 0 1 5 10 20 40 60 80 100 250 500 750 1000 2500 5000 | min |\n",
		"| `lmcache.store.duration`<br>`lmcache:time_to_store` | 0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 | `s` |\n",
		"Time that an operation spent in a phase of the host's own.<br>Attributes: [`lmcache.operation`](#attributes), [`lmcache.phase`](#attributes) |",
		"Time that a retrieve took, from start to finish.<br>Attributes: [`error.type`](#attributes) (optional) |",
		"| `lmcache.operation` | The operation that the phase belongs to. | `lookup`, `retrieve`, `store`, `p2p_transfer`, `remote.get`, `remote.put` |\n",
		"| `error.type` | The type of the error, of operations that failed. | open |\n",
		"`lmcache.otel.misuse`<br>`lmcache_otel_misuse_total` | `OTelMisuse` | counter | `{mistake}` |",
		"| `lmcache.otel.scrape.result` | How the scrape ended. | `ok`: it has the metrics of the meter provider<br>`failed`: the metrics could not be collected |\n",
		"| `lmcache:num_hit_tokens_total` | [`lmcache.retrieve.hit_tokens`](#lmcache.retrieve.hit_tokens) |\n",
	} {
		if !strings.Contains(string(page), row) {
			t.Errorf("not on the page: %s", row)
		}
	}
}

func TestEveryClassHasATitle(t *testing.T) {
	for _, c := range classes(instruments.All()) {
		if c.Title == "" {
			t.Errorf("class %s has no title", c.Name)
		}
	}
}

func TestRunReportsWrongUse(t *testing.T) {
	if err := run(nil); err == nil {
		t.Error("no error without a file")
	}
	if err := run([]string{filepath.Join(t.TempDir(), "missing", "metrics.md")}); err == nil {
		t.Error("no error for a file that cannot be written")
	}
}
