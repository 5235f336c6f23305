// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// column is a way, and what is shown of it.
type column struct {
	name  string
	value value
}

// yardsticks are the ways that times are compared with.
var yardsticks = []string{"by-hand", "client", "opentelemetry"}

// writeTables writes a table for each unit of each group of benchmarks: a row
// for each benchmark, a column for each way, and for times the ratios of our ways
// to the yardsticks.
func writeTables(w io.Writer, benchmarks []*benchmark) {
	for len(benchmarks) > 0 {
		group, _, _ := strings.Cut(benchmarks[0].name, "/")
		n := 0
		for n < len(benchmarks) && (benchmarks[n].name + "/")[:len(group)+1] == group+"/" {
			n++
		}
		for _, u := range units(benchmarks[:n]) {
			writeTable(w, group, u, benchmarks[:n])
		}
		benchmarks = benchmarks[n:]
	}
}

func writeTable(w io.Writer, group, u string, benchmarks []*benchmark) {
	columns := columnsOf(benchmarks, u)
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	fmt.Fprintf(w, "\n%s, %s\n\n| | %s |\n| --- %s|\n", group, u, strings.Join(names, " | "), strings.Repeat("| ---: ", len(columns)))
	for _, b := range benchmarks {
		var cells []string
		for _, c := range columns {
			text := ""
			if s, ok := b.spread(c.value); ok {
				text = number(s.median)
			}
			cells = append(cells, text)
		}
		fmt.Fprintf(w, "| %s | %s |\n", rowName(b), strings.Join(cells, " | "))
	}
}

// rowName returns the values of the parameters: "retrieve, unsampled".
func rowName(b *benchmark) string {
	var values []string
	for _, part := range strings.Split(b.name, "/")[1:] {
		key, value, _ := strings.Cut(part, "=")
		if key != "op" && key != "setting" {
			value = part
		}
		values = append(values, value)
	}
	return strings.Join(values, ", ")
}

// units returns the units that are reported by way, without the way.
func units(benchmarks []*benchmark) (all []string) {
	for _, b := range benchmarks {
		for _, run := range b.runs {
			for name := range run {
				if _, u := splitUnit(name); u != "" && !slices.Contains(all, u) {
					all = append(all, u)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// splitUnit splits by-hand-ns/op into by-hand and ns/op.
func splitUnit(name string) (way, u string) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return "", ""
	}
	return name[:i], name[i+1:]
}

func columnsOf(benchmarks []*benchmark, u string) (columns []column) {
	var ways []string
	for _, b := range benchmarks {
		for _, run := range b.runs {
			for name := range run {
				if way, of := splitUnit(name); of == u && !slices.Contains(ways, way) {
					ways = append(ways, way)
				}
			}
		}
	}
	slices.Sort(ways)
	for _, way := range ways {
		columns = append(columns, column{way, unit(way + "-" + u)})
	}
	if u != "ns/op" {
		return columns
	}
	for _, way := range ways {
		for _, yardstick := range yardsticks {
			if isOurs(way) && slices.Contains(ways, yardstick) {
				columns = append(columns, column{way + " ÷ " + yardstick, ratio(way+"-"+u, yardstick+"-"+u)})
			}
		}
	}
	return columns
}

// isOurs reports whether a way is this module with either kind of instruments.
func isOurs(way string) bool {
	return strings.HasSuffix(way, "bound") || strings.HasSuffix(way, "sdk")
}
