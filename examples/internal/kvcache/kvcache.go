// SPDX-License-Identifier: Apache-2.0

// Package kvcache is the cache of the examples: prompts in memory, a word being a token. It is as small as can be, so that the calls to
// otelcache stand out.
package kvcache

import (
	"context"
	"strings"
	"sync"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const bytesPerToken = 1024

// Cache keeps the KV cache of each prefix of the prompts it has seen. It is safe for concurrent use.
type Cache struct {
	mon *otelcache.Monitor
	mu  sync.RWMutex
	kv  map[string][]byte // by prefix
}

// New returns an empty cache that reports to mon.
func New(mon *otelcache.Monitor) *Cache { return &Cache{mon: mon, kv: map[string][]byte{}} }

// Prefill retrieves what is cached of a prompt and stores the rest. It returns how many tokens were cached, of how many.
func (c *Cache) Prefill(ctx context.Context, prompt string) (cached, tokens int) {
	words := strings.Fields(prompt)
	cached = c.lookup(ctx, words)
	if cached > 0 {
		c.retrieve(ctx, words[:cached])
	}
	if cached < len(words) {
		c.store(ctx, words, cached)
	}
	return cached, len(words)
}

func (c *Cache) lookup(ctx context.Context, words []string) int {
	_, lookup := c.mon.StartLookup(ctx, len(words))
	c.mu.RLock()
	defer c.mu.RUnlock()
	hits := len(words)
	for hits > 0 && c.kv[strings.Join(words[:hits], " ")] == nil {
		hits--
	}
	lookup.Finish(hits)
	return hits
}

func (c *Cache) retrieve(ctx context.Context, words []string) {
	ctx, retrieve := c.mon.StartRetrieve(ctx, len(words))
	_, phase := retrieve.StartPhase(ctx, otelcache.ToGPU)
	c.mu.RLock()
	n := len(c.kv[strings.Join(words, " ")])
	c.mu.RUnlock()
	phase.SetBytes(int64(n))
	phase.End()
	retrieve.Finish(len(words))
}

func (c *Cache) store(ctx context.Context, words []string, cached int) {
	ctx, store := c.mon.StartStore(ctx, len(words)-cached)
	_, phase := store.StartPhase(ctx, otelcache.FromGPU)
	c.mu.Lock()
	for n := cached + 1; n <= len(words); n++ {
		c.kv[strings.Join(words[:n], " ")] = make([]byte, n*bytesPerToken)
	}
	c.mu.Unlock()
	phase.End()
	store.Finish(otelcache.AllTokens)
}
