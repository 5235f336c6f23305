// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"slices"
	"time"
)

// span is what all backends know of one.
type span struct {
	trace, id, parent string
	name              string
	start, end        time.Duration // since 1970
	hitTokens, stored int           // 0 where the span does not say
}

// operations are the spans of an operation with the phases that the replay runs in each, without a remote tier.
var operations = map[string][]string{
	"lmcache.lookup":   nil,
	"lmcache.retrieve": {"process_tokens", "to_gpu"},
	"lmcache.store":    {"from_gpu", "process_tokens", "put"},
}

// clockSlack is how far a child may stick out of its parent. Spans begin by the wall clock and end by the monotonic one, which part by
// microseconds wherever the wall clock is being adjusted; Jaeger rounds besides.
const clockSlack = time.Millisecond

// checkTrees compares all spans of a replay with its totals: as many requests, their tokens, and each with its phases under it.
func checkTrees(spans []span, want totals) error {
	byID := map[string]span{}
	children := map[string][]string{}
	count := map[string]int{}
	var hitTokens, storedTokens int
	for _, s := range spans {
		key := s.trace + s.id
		if _, twice := byID[key]; twice {
			return fmt.Errorf("span %s of trace %s came twice", s.id, s.trace)
		}
		byID[key] = s
		children[s.trace+s.parent] = append(children[s.trace+s.parent], s.name)
		count[s.name]++
		switch s.name {
		case "lmcache.retrieve":
			hitTokens += s.hitTokens
		case "lmcache.store":
			storedTokens += s.stored
		}
	}
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"requests", count["request"], want.lookups},
		{"lookups", count["lmcache.lookup"], want.lookups},
		{"retrieves", count["lmcache.retrieve"], want.retrieves},
		{"stores", count["lmcache.store"], want.stores},
		{"hit tokens of retrieves", hitTokens, want.hitTokens},
		{"stored tokens", storedTokens, want.storedTokens},
	} {
		if c.got != c.want {
			return fmt.Errorf("%d %s in the spans, want %d", c.got, c.what, c.want)
		}
	}
	for key, s := range byID {
		if parent, ok := byID[s.trace+s.parent]; ok {
			if s.start < parent.start-clockSlack || s.end > parent.end+clockSlack {
				return fmt.Errorf("%s [%d, %d] is not within its parent %s [%d, %d]", s.name, s.start, s.end, parent.name, parent.start, parent.end)
			}
		} else if s.parent != "" {
			return fmt.Errorf("trace %s: the parent %s of %s is missing", s.trace, s.parent, s.name)
		} else if s.name != "request" {
			return fmt.Errorf("trace %s: its root is %s, want request", s.trace, s.name)
		}
		if phases, ok := operations[s.name]; ok {
			got := slices.Sorted(slices.Values(children[key]))
			if !slices.Equal(got, phases) {
				return fmt.Errorf("trace %s: %s has the children %v, want %v", s.trace, s.name, got, phases)
			}
		}
	}
	return nil
}

// hasPath looks for a span that has the first name of the path, whose parent has the second, and so on up to its root.
func hasPath(spans []span, path []string) error {
	byID := map[string]span{}
	for _, s := range spans {
		byID[s.trace+s.id] = s
	}
	for _, s := range spans {
		names := []string{s.name}
		for s.parent != "" {
			s = byID[s.trace+s.parent]
			names = append(names, s.name)
		}
		if slices.Equal(names, path) {
			return nil
		}
	}
	return fmt.Errorf("no span with the path %v", path)
}
