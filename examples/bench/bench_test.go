// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkOperations measures each operation, with its phases, in all ways. The
// ways take turns of a millisecond or so within one run, so that a noisy machine
// is noisy for all of them, and the median turn of each counts. Of each way it
// reports
//
//	<way>-ns/op      the time of an operation
//	<way>-allocs/op  its allocations
func BenchmarkOperations(b *testing.B) {
	for _, op := range operations {
		for _, s := range []setting{noop, untraced, unsampled, sampled, exemplars} {
			b.Run(fmt.Sprintf("op=%s/setting=%s", op.name, s.name), func(b *testing.B) {
				newTurns(b, op, s, 1).benchmark(b)
			})
		}
	}
}

// BenchmarkEngines measures what more engines in a process cost. Requests are
// for one engine after the other, in random order. All runs share the engines,
// because ten thousand take seconds to make.
func BenchmarkEngines(b *testing.B) {
	for _, op := range operations[:2] {
		for _, s := range []setting{untraced, unsampled, exemplars} {
			b.Run(fmt.Sprintf("op=%s/setting=%s", op.name, s.name), func(b *testing.B) {
				for _, engines := range []int{1, 100, 10_000} {
					b.Run(fmt.Sprintf("engines=%d", engines), newTurns(b, op, s, engines).benchmark)
				}
			})
		}
	}
}

// turns is one operation in all ways, each with engines of its own.
type turns struct {
	op  operation
	ctx context.Context
	of  [][]requests // by way and engine
}

func newTurns(b *testing.B, op operation, s setting, engines int) turns {
	b.Helper()
	t := turns{op: op, ctx: s.context(), of: make([][]requests, len(ways))}
	order := rand.New(rand.NewPCG(1, 2)).Perm(engines)
	for i, w := range ways {
		opened := w.open(b, s.outputs(b), newEngines(engines))
		for _, n := range order {
			op.run(opened[n], t.ctx, benchWork) // the first makes the series
			t.of[i] = append(t.of[i], opened[n])
		}
	}
	return t
}

func (t turns) benchmark(b *testing.B) {
	const turn = 500
	times, next := make([][]time.Duration, len(ways)), make([]int, len(ways))
	runtime.GC()
	for b.Loop() {
		for i := range ways {
			n, mine := next[i], t.of[i]
			start := time.Now()
			for range turn {
				t.op.run(mine[n], t.ctx, benchWork)
				if n++; n == len(mine) {
					n = 0
				}
			}
			times[i] = append(times[i], time.Since(start))
			next[i] = n
		}
	}
	for i, w := range ways {
		b.ReportMetric(float64(quantile(times[i], 0.5))/turn, w.name+"-ns/op")
		b.ReportMetric(testing.AllocsPerRun(1000, func() { t.op.run(t.of[i][0], t.ctx, benchWork) }), w.name+"-allocs/op")
	}
	b.ReportMetric(0, "ns/op") // that of all turns together says nothing
}

// BenchmarkGoroutines measures how much more two goroutines do than one for the
// same engine, on a machine with two processors: twice as much is all that there
// is to gain. Turns of one goroutine and of two follow one another within one
// run, and of each the fast ones are compared, in which the machine did nothing
// else. On a machine that is always busy there are none: "chrt --fifo 1" before
// the command gives it the processors. With GOGC=off, the collector runs between
// rounds of turns.
//
//	<way>-x       operations in the same time, two goroutines ÷ one
//	processors-x  the same for arithmetic: what the machine has to give
func BenchmarkGoroutines(b *testing.B) {
	for _, op := range operations[:2] {
		for _, s := range []setting{untraced, unsampled, exemplars} {
			for _, gogc := range []string{"on", "off"} {
				b.Run(fmt.Sprintf("op=%s/setting=%s/GOGC=%s", op.name, s.name, gogc), func(b *testing.B) {
					if gogc == "on" {
						benchmarkGoroutines(b, op, s, 5000, func() {}) // that the collector runs in each turn
						return
					}
					defer debug.SetGCPercent(debug.SetGCPercent(-1))
					benchmarkGoroutines(b, op, s, 1000, runtime.GC)
				})
			}
		}
	}
}

func benchmarkGoroutines(b *testing.B, op operation, s setting, turn int, between func()) {
	b.Helper()
	ctx := s.context()
	names, runs := []string{"processors"}, []func(){multiply}
	for _, w := range ways {
		r := w.open(b, s.outputs(b), newEngines(1))[0]
		names, runs = append(names, w.name), append(runs, func() {
			for range turn {
				op.run(r, ctx, benchWork)
			}
		})
	}
	all := newWorkers(b)
	one, two := make([][]time.Duration, len(runs)), make([][]time.Duration, len(runs))
	for b.Loop() {
		between()
		for i, run := range runs {
			one[i] = append(one[i], all.elapsed(1, run))
			two[i] = append(two[i], all.elapsed(2, run))
		}
	}
	for i, name := range names {
		b.ReportMetric(2*float64(quantile(one[i], 0.1))/float64(quantile(two[i], 0.1)), name+"-x")
	}
	b.ReportMetric(0, "ns/op")
}

// multiply takes about a millisecond, and no memory.
func multiply() {
	n := uint64(1)
	for range 1_000_000 {
		n *= 6364136223846793005
	}
	runtime.KeepAlive(n)
}

// workers are goroutines that wait for work. They are many, and a turn is done by
// any of them: shards are chosen by the address of the stack, and two goroutines
// may have the same.
type workers []chan func()

func newWorkers(b *testing.B) workers {
	b.Helper()
	all := make(workers, 32)
	for i := range all {
		all[i] = make(chan func())
		go func() {
			for f := range all[i] {
				f()
			}
		}()
		b.Cleanup(func() { close(all[i]) })
	}
	return all
}

// elapsed returns how long n workers, which start together, take until each of
// them has called f.
func (all workers) elapsed(n int, f func()) time.Duration {
	var ready atomic.Int32
	var wg sync.WaitGroup
	starts := make([]time.Time, n)
	wg.Add(n)
	for i, worker := range rand.Perm(len(all))[:n] {
		all[worker] <- func() {
			defer wg.Done()
			for ready.Add(1); ready.Load() < int32(n); {
			}
			starts[i] = time.Now()
			f()
		}
	}
	wg.Wait()
	return time.Since(slices.MinFunc(starts, time.Time.Compare))
}

// quantile returns the time that a share of the turns stay below.
func quantile(turns []time.Duration, share float64) time.Duration {
	slices.Sort(turns)
	return turns[int(share*float64(len(turns)))]
}
