// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// The generated workload: users talk to one of a few applications. Each application has a system prompt that its
// conversations share; each turn's prompt is all that was said before and something new.
const (
	applications  = 4
	conversations = 60
	maxTurns      = 8
	arrivals      = 60 * time.Second // in which conversations begin
)

// generate returns the workload of a seed: equal seeds give equal workloads.
func generate(seed uint64) []request {
	random := rand.New(rand.NewPCG(seed, 0))
	between := func(low, high int) int { return low + random.IntN(high-low+1) }
	var nextID int64
	newBlock := func() int64 { nextID++; return nextID - 1 }

	systems := make([][]int64, applications)
	for i := range systems {
		for range between(1, 6) {
			systems[i] = append(systems[i], newBlock())
		}
	}
	var requests []request
	for range conversations {
		full := slices.Clone(systems[random.IntN(applications)]) // blocks of what was said, without a last partial one
		tokens := len(full) * blockTokens
		at := time.Duration(random.Int64N(int64(arrivals)))
		for range between(1, maxTurns) {
			tokens += between(50, 3000) // what the user says
			for (len(full)+1)*blockTokens <= tokens {
				full = append(full, newBlock())
			}
			blocks := slices.Clone(full)
			if tokens%blockTokens != 0 {
				blocks = append(blocks, newBlock()) // never seen again: by the next turn it has grown
			}
			answer := between(20, 800)
			requests = append(requests, request{at: at, inputTokens: tokens, outputTokens: answer, blocks: blocks})
			tokens += answer
			at += time.Duration(between(2_000, 20_000)) * time.Millisecond
		}
	}
	slices.SortStableFunc(requests, func(a, b request) int { return cmp.Compare(a.at, b.at) })
	return requests
}
