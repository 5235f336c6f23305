// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// benchmark is all runs of one benchmark: what each measured, by unit.
type benchmark struct {
	name string // such as Operations/op=retrieve
	runs []map[string]float64
}

// value is something of a run, if that has it.
type value func(run map[string]float64) (float64, bool)

// parse reads the output of "go test -bench". Lines that are not a result are
// left out, but for those of a failure.
func parse(r io.Reader) ([]*benchmark, error) {
	var all []*benchmark
	byName := map[string]*benchmark{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "--- FAIL") {
			return nil, fmt.Errorf("a benchmark failed: %s", line)
		}
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // the number of processors
		}
		b := byName[name]
		if b == nil {
			b = &benchmark{name: name}
			byName[name], all = b, append(all, b)
		}
		run := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 { // behind the name and the number of iterations
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			run[fields[i+1]] = v
		}
		b.runs = append(b.runs, run)
	}
	return all, lines.Err()
}

// spread is the median of several runs, and the least and the greatest.
type spread struct{ median, least, greatest float64 }

// spread returns that of the runs that have the value, if there are any.
func (b *benchmark) spread(v value) (spread, bool) {
	var values []float64
	for _, run := range b.runs {
		if x, ok := v(run); ok {
			values = append(values, x)
		}
	}
	n := len(values)
	if n == 0 {
		return spread{}, false
	}
	slices.Sort(values)
	return spread{(values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]}, true
}

func unit(name string) value {
	return func(run map[string]float64) (float64, bool) {
		v, ok := run[name]
		return v, ok
	}
}

// ratio is one unit of a run as a multiple of another.
func ratio(name, of string) value {
	return func(run map[string]float64) (float64, bool) {
		v, ok := run[name]
		base, okBase := run[of]
		return v / base, ok && okBase && base != 0
	}
}
