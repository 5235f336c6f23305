// SPDX-License-Identifier: Apache-2.0

// Command figures reads what benchmarks print, several runs of each, and writes
// the tables of docs/performance.md in Markdown: medians of the runs, and of
// ratios within each run. "make figures" runs the benchmarks for it.
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	benchmarks, err := parse(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	writeTargets(os.Stdout, benchmarks)
	writeTables(os.Stdout, benchmarks)
}
