// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// cache is a KV cache of up to three tiers. Blocks are put into memory and, write-through, into the remote tier; what memory evicts goes to
// disk. A block that is found below memory goes back into it. A tier that fails is as good as one that has not got the block, and what it said
// is returned beside what the others have. A cache is safe for concurrent use.
type cache struct {
	mon    *otelcache.Monitor
	memory *memory
	disk   *disk   // nil: off
	remote *remote // nil: off

	getFailures, putFailures atomic.Int64
	reporting                sync.Mutex
}

// tier is where a block was found.
type tier int

const (
	inMemory tier = iota
	onDisk
	inRemote
	tiers
)

func (t tier) String() string { return [...]string{"memory", "disk", "remote"}[t] }

// found is a block with the tier that had it.
type found struct {
	block
	tier tier
}

func openCache(ctx context.Context, o options, mon *otelcache.Monitor, tracers trace.TracerProvider, warn *warnings) (*cache, error) {
	c := &cache{mon: mon, memory: newMemory(o.cpuBytes)}
	var err error
	if o.disk != "" {
		if c.disk, err = openDisk(o.disk); err != nil {
			return nil, err
		}
	}
	if o.remote {
		if c.remote, err = openRemote(ctx, o.redis, mon, tracers, warn); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// observe feeds the gauges that are read when somebody asks.
func (c *cache) observe() error {
	var errs []error
	observe := func(gauge instruments.ObservableGauge, value func() float64) {
		_, err := c.mon.Observe(gauge, value)
		errs = append(errs, err)
	}
	observe(instruments.LocalCPUHotCacheEntries, func() float64 {
		blocks, _ := c.memory.usage()
		return float64(blocks)
	})
	observe(instruments.GetBlockingFailures, func() float64 { return float64(c.getFailures.Load()) })
	observe(instruments.PutFailures, func() float64 { return float64(c.putFailures.Load()) })
	observe(instruments.Healthy, func() float64 {
		if c.remote == nil || c.remote.healthy.Load() {
			return 1
		}
		return 0
	})
	if c.remote != nil {
		observe(instruments.RemotePutTasks, func() float64 { return float64(c.remote.puts.Load()) })
	}
	return errors.Join(errs...)
}

// prefix returns how many of the first keys are cached.
func (c *cache) prefix(ctx context.Context, keys []key) (int, error) {
	cached := make([]bool, len(keys))
	var missing []int
	for i, k := range keys {
		cached[i] = c.memory.contains(k) || c.disk != nil && c.disk.contains(k)
		if cached[i] {
			continue
		}
		if c.remote == nil {
			return i, nil
		}
		missing = append(missing, i)
	}
	var err error
	if len(missing) > 0 {
		var there []bool
		if there, err = c.remote.contains(ctx, pick(keys, missing)); err != nil {
			c.getFailures.Add(1)
		}
		for i, ok := range there {
			cached[missing[i]] = ok
		}
	}
	n := 0
	for n < len(keys) && cached[n] {
		n++
	}
	return n, err
}

// get returns the blocks of the first keys, as many as are cached without a gap.
func (c *cache) get(ctx context.Context, keys []key) ([]found, error) {
	now := time.Now()
	blocks := make([]found, len(keys))
	has := make([]bool, len(keys))
	for i, b := range c.memory.get(keys, now) {
		blocks[i], has[i] = found{b, inMemory}, b.data != nil
	}
	err := errors.Join(c.getFromDisk(keys, now, blocks, has), c.getFromRemote(ctx, keys, blocks, has))

	n := 0
	var below []block
	for n < len(keys) && has[n] {
		b := &blocks[n]
		if !b.lastUsed.IsZero() {
			c.mon.RecordChunkReuse(ctx, max(now.Sub(b.lastUsed), 0)) // another worker may have used it since now
		}
		b.lastUsed = now
		if b.tier != inMemory {
			below = append(below, b.block)
		}
		n++
	}
	if len(below) > 0 {
		_, spillErr := c.putIntoMemory(below)
		err = errors.Join(err, spillErr)
		c.report()
	}
	return blocks[:n], err
}

func (c *cache) getFromDisk(keys []key, now time.Time, blocks []found, has []bool) error {
	if c.disk == nil {
		return nil
	}
	var errs []error
	for i, k := range keys {
		if has[i] {
			continue
		}
		b, ok, err := c.disk.get(k, now)
		if err != nil {
			c.getFailures.Add(1)
			errs = append(errs, err)
		}
		blocks[i], has[i] = found{b, onDisk}, ok
	}
	return errors.Join(errs...)
}

func (c *cache) getFromRemote(ctx context.Context, keys []key, blocks []found, has []bool) error {
	var missing []int
	for i := range keys {
		if !has[i] {
			missing = append(missing, i)
		}
	}
	if c.remote == nil || len(missing) == 0 {
		return nil
	}
	values, err := c.remote.get(ctx, pick(keys, missing))
	if err != nil {
		c.getFailures.Add(1)
		return err
	}
	for i, at := range missing {
		blocks[at] = found{block{key: keys[at], data: values[i]}, inRemote}
		has[at] = values[i] != nil
	}
	return nil
}

// damaged counts a block that is not what was stored.
func (c *cache) damaged(b found, err error) error {
	c.getFailures.Add(1)
	return fmt.Errorf("%s tier: %w", b.tier, err)
}

// put stores blocks; held tells which of them some tier holds.
func (c *cache) put(ctx context.Context, blocks []block) (held []bool, err error) {
	now := time.Now()
	for i := range blocks {
		blocks[i].lastUsed = now
	}
	held, err = c.putIntoMemory(blocks)
	if c.remote != nil {
		if remoteErr := c.remote.put(ctx, blocks); remoteErr != nil {
			c.putFailures.Add(1)
			err = errors.Join(err, remoteErr)
		} else {
			for i := range held {
				held[i] = true
			}
		}
	}
	c.report()
	return held, err
}

// putIntoMemory puts blocks into memory, and what has no room there onto disk.
func (c *cache) putIntoMemory(blocks []block) (held []bool, err error) {
	held = make([]bool, len(blocks))
	evicted, refused := c.memory.put(blocks)
	if len(evicted) > 0 {
		c.mon.RecordEviction(len(evicted))
	}
	if len(refused) > 0 {
		c.mon.RecordEvictionFailures(len(refused))
	}
	for i := range held {
		held[i] = true
	}
	var errs []error
	for _, b := range evicted {
		errs = append(errs, c.spill(b))
	}
	for _, at := range refused {
		err := c.spill(blocks[at])
		held[at] = c.disk != nil && err == nil
		errs = append(errs, err)
	}
	return held, errors.Join(errs...)
}

// spill puts a block that has no room in memory onto disk.
func (c *cache) spill(b block) error {
	if c.disk == nil {
		return nil
	}
	err := c.disk.put(b)
	if err != nil {
		c.putFailures.Add(1)
	}
	return err
}

// report sets the gauges of what the tiers hold. One caller at a time, so that the last value set is the newest.
func (c *cache) report() {
	c.reporting.Lock()
	defer c.reporting.Unlock()
	blocks, bytes := c.memory.usage()
	c.mon.SetLocalCacheUsage(bytes)
	c.mon.SetActiveObjects(blocks)
	if c.disk != nil {
		c.mon.SetLocalStorageUsage(c.disk.usage())
	}
	if c.remote != nil {
		c.mon.SetRemoteCacheUsage(c.remote.usage())
	}
}

// close removes what the tiers keep outside of the process.
func (c *cache) close() error {
	var errs []error
	if c.disk != nil {
		errs = append(errs, c.disk.close())
	}
	if c.remote != nil {
		errs = append(errs, c.remote.close())
	}
	return errors.Join(errs...)
}

func pick(keys []key, at []int) []key {
	picked := make([]key, len(at))
	for i, j := range at {
		picked[i] = keys[j]
	}
	return picked
}

// tierTokens counts the tokens that each tier had.
type tierTokens [tiers]atomic.Int64

func (t *tierTokens) add(at tier, tokens int) { t[at].Add(int64(tokens)) }

func (t *tierTokens) load() (tokens [tiers]int64) {
	for i := range t {
		tokens[i] = t[i].Load()
	}
	return tokens
}
