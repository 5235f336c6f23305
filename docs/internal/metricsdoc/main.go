// SPDX-License-Identifier: Apache-2.0

// Command metricsdoc writes docs/metrics.md, the reference of every metric in the catalog. It is run by go generate.
package main

//go:generate go run . ../../metrics.md

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "metricsdoc:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the file to write, got %d", len(args))
	}
	page, err := render()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], page, 0o644) //nolint:gosec // a page of documentation is for everybody to read
}
