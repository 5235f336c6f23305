// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hostProgram returns the whole program of a section of hosts.md.
func hostProgram(t *testing.T, section string) string {
	t.Helper()
	_, after, ok := strings.Cut(readPage(t, "hosts.md"), "\n## "+section+"\n")
	if !ok {
		t.Fatalf("hosts.md has no section %q", section)
	}
	text, _, _ := strings.Cut(after, "\n## ")
	for _, block := range goBlock.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(block[1], "package main\n") {
			return block[1]
		}
	}
	t.Fatalf("section %q of hosts.md has no program", section)
	return ""
}

// TestCacheOfHosts serves two prompts of three and four blocks, of 256 tokens
// and 4,096 bytes each, of which the second shares the first two blocks.
func TestCacheOfHosts(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	run := exec.CommandContext(t.Context(), buildProgram(t, hostProgram(t, "A cache in process")), "-listen", address)
	run.Stderr = t.Output()
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	page := get(t, "http://"+address+"/metrics")
	for name, want := range map[string]string{
		"lmcache:num_lookup_requests_total":   "2",
		"lmcache:num_lookup_tokens_total":     "1792", // 3 blocks and 4
		"lmcache:num_lookup_hits_total":       "512",  // 0 blocks and 2
		"lmcache:num_retrieve_requests_total": "2",
		"lmcache:num_hit_tokens_total":        "512",
		"lmcache:num_stored_tokens_total":     "1280",  // 3 blocks and 2
		"lmcache:local_cache_usage":           "20480", // 5 blocks
		"lmcache:retrieve_to_gpu_time_count":  "2",
	} {
		line := regexp.MustCompile(`(?m)^` + name + `\{[^}]*model_name="llama-3-70b"[^}]*\} (\S+)$`).FindStringSubmatch(page)
		if line == nil || line[1] != want {
			t.Errorf("%s is %q, want %s", name, line, want)
		}
	}

	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

// TestProgramsOfHosts holds what the page says that the other programs print.
func TestProgramsOfHosts(t *testing.T) {
	t.Parallel()
	page := readPage(t, "hosts.md")
	for section, want := range map[string]string{
		"An index that learns afterwards": "3 stores of 768 tokens, 1 failed, 1 timed: 2 s, of which 1.5 s copying; 3 keys evicted\n",
		"A router with an engine per request": "no pod has room\n" +
			"pod-1: 1 lookups, 256 tokens hit\n" +
			"pod-2: 1 lookups, 512 tokens hit\n" +
			"_OTHER: 2 lookups, 256 tokens hit\n",
	} {
		t.Run(section, func(t *testing.T) {
			program := buildProgram(t, hostProgram(t, section)) // takes longer than the program
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, program)
			run.Stderr = t.Output()
			out, err := run.Output()
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != want {
				t.Errorf("it prints\n%s\nwant\n%s", out, want)
			}
			if !strings.Contains(page, strings.TrimSpace(want)) {
				t.Errorf("the page does not show\n%s", want)
			}
		})
	}
}
