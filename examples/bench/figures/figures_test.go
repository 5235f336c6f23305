// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

const output = `goos: linux
pkg: github.com/lmcache-go/lmcache-otel/examples/bench
BenchmarkOperations/op=retrieve/setting=unsampled-2 	 246	 0 ns/op	 400.0 by-hand-ns/op	 100.0 bound-ns/op	 3.000 bound-allocs/op
BenchmarkOperations/op=retrieve/setting=unsampled-2 	 246	 0 ns/op	 200.0 by-hand-ns/op	 80.0 bound-ns/op	 3.000 bound-allocs/op
BenchmarkOperations/op=retrieve/setting=unsampled-2 	 246	 0 ns/op	 1000 by-hand-ns/op	 270.0 bound-ns/op	 3.000 bound-allocs/op
BenchmarkOperations/op=lookup/setting=unsampled-2 	 246	 0 ns/op	 200.0 by-hand-ns/op	 3.000 bound-allocs/op
BenchmarkGoroutines/op=retrieve/setting=unsampled/GOGC=off-2 	 10	 0 ns/op	 1.850 bound-x
BenchmarkGoroutines/op=retrieve/setting=unsampled/GOGC=off-2 	 10	 0 ns/op	 1.700 bound-x
PASS
ok  	github.com/lmcache-go/lmcache-otel/examples/bench	13.253s
`

// The retrieve's ratios are 0.25, 0.4 and 0.27; of the two numbers of goroutines,
// the median lies between.
const want = `| figure | aimed at | measured | least and greatest run |
| --- | --- | ---: | ---: |
| retrieve with three phases, unsampled tracer, bound ÷ by hand | ≤ 0.28 | **0.27** | 0.25 to 0.40 |
| 2 goroutines ÷ 1, throughput of unsampled retrieves, bound, ` + "`GOGC=off`" + ` | ≥ 1.80 | 1.77 | 1.70 to 1.85 |

Operations, allocs/op

| | bound |
| --- | ---: |
| retrieve, unsampled | 3 |
| lookup, unsampled | 3 |

Operations, ns/op

| | bound | by-hand | bound ÷ by-hand |
| --- | ---: | ---: | ---: |
| retrieve, unsampled | 100 | 400 | 0.27 |
| lookup, unsampled |  | 200 |  |

Goroutines, x

| | bound |
| --- | ---: |
| retrieve, unsampled, GOGC=off | 1.77 |
`

func TestTables(t *testing.T) {
	benchmarks, err := parse(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	writeTargets(&got, benchmarks)
	writeTables(&got, benchmarks)
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestParseErrors(t *testing.T) {
	for _, line := range []string{
		"--- FAIL: BenchmarkOperations",
		"FAIL	github.com/lmcache-go/lmcache-otel/examples/bench	1.2s",
		"BenchmarkOperations-2 10 many ns/op",
	} {
		if _, err := parse(strings.NewReader(output + line + "\n")); err == nil {
			t.Errorf("%q: got no error, want one", line)
		}
	}
}
