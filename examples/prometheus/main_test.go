// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestPrometheus(t *testing.T) {
	p := exampletest.Start(t, nil)
	page := exampletest.Request(t, http.MethodGet, "http://"+p.Address(t)+"/metrics", "", nil)
	for name, want := range map[string]string{
		"lmcache:num_lookup_requests_total":      "2",
		"lmcache:num_lookup_tokens_total":        "12", // 5 + 7
		"lmcache:num_lookup_hits_total":          "4",  // why is the sky
		"lmcache:num_retrieve_requests_total":    "1",
		"lmcache:num_requested_tokens_total":     "4",
		"lmcache:num_hit_tokens_total":           "4",
		"lmcache:time_to_retrieve_count":         "1",
		"lmcache:num_store_requests_total":       "2",
		"lmcache:num_stored_tokens_total":        "8", // 5 + 3
		"lmcache:time_to_store_count":            "2",
		"lmcache:num_remote_read_requests_total": "0", // there from the start
	} {
		if got := sample(page, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	p.Interrupt(t)
}

// sample returns the value of the only series of that name.
func sample(page, name string) string {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, name+"{") {
			fields := strings.Fields(line)
			return fields[len(fields)-1]
		}
	}
	return ""
}
