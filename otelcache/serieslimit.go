// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"fmt"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// seriesLimit is how many series OpenTelemetry's SDK has of an instrument, from 1.44
// on, unless sdkmetric.WithCardinalityLimit says otherwise. The last of them is for
// all that is beyond.
const seriesLimit = 2000

// seriesCount counts the series that histograms of a meter provider may have, and
// reports each histogram once when they reach seriesLimit. This is a guess: the API
// of OpenTelemetry tells neither what the limit is nor that it was reached, which
// readers alone can see.
//
// Each engine is taken to record into every histogram. One that is gone counts,
// because the SDK never forgets its series.
type seriesCount struct {
	mu       sync.Mutex
	known    map[seriesID]struct{}
	engines  int
	variants []int  // series that a histogram has beside those of engines, by its index
	reported []bool // by the index of the histogram
}

type seriesID struct {
	histogram  int // 0 for all of them
	attributes attribute.Distinct
}

// newSeriesCount returns nil, which counts nothing, for histograms without a limit:
// those of no SDK, and those that can be finished.
func newSeriesCount(histograms []metric.Float64Histogram) *seriesCount {
	switch histograms[len(histograms)-1].(type) {
	case noop.Float64Histogram, finisher:
		return nil
	}
	return &seriesCount{
		known: map[seriesID]struct{}{}, variants: make([]int, len(histograms)), reported: make([]bool, len(histograms)),
	}
}

// addEngine counts a series of each histogram.
func (c *seriesCount) addEngine(attrs []attribute.KeyValue) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engines == seriesLimit || !c.isNew(0, attrs) {
		return
	}
	if c.engines++; c.engines == seriesLimit {
		c.known = nil
		c.report("a meter provider has had %d engines", c.engines)
		return
	}
	for h := range c.variants {
		c.check(h)
	}
}

// addVariant counts a series that one histogram has beside those of engines.
func (c *seriesCount) addVariant(histogram int, attrs []attribute.KeyValue) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engines < seriesLimit && !c.reported[histogram] && c.isNew(histogram, attrs) {
		c.variants[histogram]++
		c.check(histogram)
	}
}

func (c *seriesCount) isNew(histogram int, attrs []attribute.KeyValue) bool {
	set := attribute.NewSet(attrs...)
	id := seriesID{histogram, set.Equivalent()}
	_, ok := c.known[id]
	c.known[id] = struct{}{}
	return !ok
}

// check reports a histogram that reaches the limit by its variants; the report of
// engines is about all histograms.
func (c *seriesCount) check(histogram int) {
	if n := c.engines + c.variants[histogram]; n >= seriesLimit && !c.reported[histogram] {
		c.reported[histogram] = true
		c.report("%s may have %d series, of %d engines", instruments.Histograms()[histogram-1], n, c.engines)
	}
}

func (c *seriesCount) report(format string, args ...any) {
	err := fmt.Errorf("otelcache: %s: unless the meter provider has another limit than the SDK's default, further series are one with "+
		"otel.metric.overflow=true; want a higher sdkmetric.WithCardinalityLimit, or bound instruments", fmt.Sprintf(format, args...))
	messages.post(func() { otel.Handle(err) })
}
