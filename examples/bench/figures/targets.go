// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
)

// target is a figure that is aimed at.
type target struct {
	what, benchmark string
	value           value
	atLeast         bool // instead of at most
	limit           float64
}

var targets = []target{
	{
		what:      "retrieve with three phases, unsampled tracer, bound ÷ by hand",
		benchmark: "Operations/op=retrieve/setting=unsampled",
		value:     ratio("bound-ns/op", "by-hand-ns/op"), limit: 0.28,
	},
	{
		what:      "retrieve with three phases, no tracer, bound ÷ `client_golang`",
		benchmark: "Operations/op=retrieve/setting=untraced",
		value:     ratio("bound-ns/op", "client-ns/op"), limit: 1.5,
	},
	{
		what:      "lookup, no tracer, bound ÷ `client_golang`",
		benchmark: "Operations/op=lookup/setting=untraced",
		value:     ratio("bound-ns/op", "client-ns/op"), limit: 1.8,
	},
	{
		what:      "retrieve with exemplars (sampled caller), bound ÷ by hand",
		benchmark: "Operations/op=retrieve/setting=exemplars",
		value:     ratio("bound-ns/op", "by-hand-ns/op"), limit: 0.5,
	},
	{
		what:      "2 goroutines ÷ 1, throughput of unsampled retrieves, bound, `GOGC=off`",
		benchmark: "Goroutines/op=retrieve/setting=unsampled/GOGC=off",
		value:     unit("bound-x"), limit: 1.8, atLeast: true,
	},
	{
		what:      "the same with the collector on",
		benchmark: "Goroutines/op=retrieve/setting=unsampled/GOGC=on",
		value:     unit("bound-x"),
	},
	{
		what:      "allocations of an unsampled retrieve, bound ÷ the SDK's instruments",
		benchmark: "Operations/op=retrieve/setting=unsampled",
		value:     ratio("bound-allocs/op", "sdk-allocs/op"), limit: 1,
	},
	{
		what:      "scrape of 64 engines, LMCache, bound ÷ OpenTelemetry's own exporter",
		benchmark: "Scrape/engines=64",
		value:     ratio("lmcache-bound-ns/op", "opentelemetry-ns/op"), limit: 0.4,
	},
	{
		what:      "bytes of an engine that was never used, metrics on",
		benchmark: "UnusedEngine",
		value:     unit("bound-B/engine"), limit: 20 << 10,
	},
}

// writeTargets writes a row for each target whose benchmark was run. Targets
// that are met are bold.
func writeTargets(w io.Writer, benchmarks []*benchmark) {
	fmt.Fprint(w, "| figure | aimed at | measured | least and greatest run |\n| --- | --- | ---: | ---: |\n")
	for _, t := range targets {
		for _, b := range benchmarks {
			if b.name != t.benchmark {
				continue
			}
			if s, ok := b.spread(t.value); ok {
				fmt.Fprintf(w, "| %s | %s | %s | %s to %s |\n", t.what, t.aim(), t.bold(s.median), number(s.least), number(s.greatest))
			}
		}
	}
}

func (t target) aim() string {
	switch {
	case t.limit == 0:
		return ""
	case t.atLeast:
		return "≥ " + number(t.limit)
	}
	return "≤ " + number(t.limit)
}

func (t target) bold(v float64) string {
	met := t.limit != 0 && (v <= t.limit) != t.atLeast
	if met {
		return "**" + number(v) + "**"
	}
	return number(v)
}

// number writes three digits of v, and all those before the point.
func number(v float64) string {
	switch {
	case v == math.Trunc(v) || math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
