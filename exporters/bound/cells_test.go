// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// TestSplit holds that a point keeps what it counted before it had shards, and
// gets all of what its shards count.
func TestSplit(t *testing.T) {
	m := New().MeterProvider(nil).Meter(instruments.ScopeName)
	i, err := m.Float64Histogram("h", metric.WithExplicitBucketBoundaries(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	s := i.(*histogram).Bind().(*series)
	s.Record(t.Context(), 1)
	p := s.feeds.Load().point
	p.split()
	p.split() // by two that met at once
	const recorders = 100
	var wg sync.WaitGroup
	for range recorders {
		wg.Go(func() { s.Record(context.Background(), 2) })
	}
	wg.Wait()
	counts := make([]uint64, 3)
	count, sum := p.read(counts)
	if want := []uint64{1, recorders, 0}; !slices.Equal(counts, want) || count != 1+recorders || sum != 1+2*recorders {
		t.Errorf("the point has %v, %d and %v; want %v, %d and %d",
			counts, count, sum, want, 1+recorders, 1+2*recorders)
	}
	if n := p.cells[2].Load(); n != 0 {
		t.Errorf("%d records went to the point's own cells, want none after it has shards", n)
	}
}

// TestContention records from several processors at once, until the point has
// shards: no addition to the sum is lost.
func TestContention(t *testing.T) {
	const recorders, most = 4, 2_000_000
	m := New().MeterProvider(nil).Meter(instruments.ScopeName)
	i, err := m.Float64Histogram("h", metric.WithExplicitBucketBoundaries(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	s := i.(*histogram).Bind().(*series)
	p := s.open().point
	var records atomic.Int64
	var wg sync.WaitGroup
	for range recorders {
		wg.Go(func() {
			for n := int64(1); ; n++ {
				s.Record(context.Background(), 1)
				if n == most || n%1000 == 0 && p.shards.Load() != nil {
					records.Add(n)
					return
				}
			}
		})
	}
	wg.Wait()
	n := records.Load()
	if count, sum := p.read(make([]uint64, 3)); count != uint64(n) || sum != float64(n) {
		t.Errorf("the count is %d and the sum %v, want %d for both", count, sum, n)
	}
	if p.shards.Load() == nil && runtime.GOMAXPROCS(0) > 1 {
		t.Errorf("after %d records from %d goroutines the point has no shards", n, recorders)
	}
}

// TestPointWithoutMeasurement is what a collection meets between the first
// measurement's two steps.
func TestPointWithoutMeasurement(t *testing.T) {
	b := New()
	i, err := b.MeterProvider(nil).Meter(instruments.ScopeName).Float64Histogram("h")
	if err != nil {
		t.Fatal(err)
	}
	i.(*histogram).Bind().(*series).open()
	if data, err := b.Produce(t.Context()); len(data) != 0 || err != nil {
		t.Errorf("%v, %v; want nothing", data, err)
	}
}

// TestShardsDoNotOverlap writes to each cell of each shard.
func TestShardsDoNotOverlap(t *testing.T) {
	for _, width := range []int{2, 8, 9, 20} {
		s := newShards(width)
		for i := range numShards {
			for j := range width {
				s.of(i)[j].Add(1)
			}
		}
		for i := range numShards {
			for j := range width {
				if n := s.of(i)[j].Load(); n != 1 {
					t.Errorf("width %d: cell %d of shard %d has %d, want 1", width, j, i, n)
				}
			}
		}
	}
}

// TestShardOf takes neighbouring stacks of each size that goroutines have, used
// to the same depth: they spread evenly over the shards.
func TestShardOf(t *testing.T) {
	const stacks, first, depth = 64, 0x4a20_0000, 0x1c8
	for size := uintptr(4 << 10); size <= 1<<20; size *= 2 {
		var used [numShards]int
		for i := uintptr(1); i <= stacks; i++ {
			used[shardOf(first+i*size-depth)]++
		}
		for s, n := range used {
			if n == 0 || n > 2*stacks/numShards {
				t.Errorf("%d stacks of %d KiB: shard %d has %d, want about %d",
					stacks, size>>10, s, n, stacks/numShards)
			}
		}
	}
}
