// SPDX-License-Identifier: Apache-2.0

package views

import (
	"path"
	"slices"
	"strings"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

func histograms() []instruments.Metric {
	isOther := func(m instruments.Metric) bool { return m.Kind != instruments.KindHistogram }
	return slices.DeleteFunc(instruments.All(), isOther)
}

func isPattern(name string) bool { return strings.Contains(name, "*") }

// choose adds the metrics that names and patterns match, by OpenTelemetry name,
// with the name or pattern.
func (c *config) choose(chosen map[string]string, option string, names []string, among []instruments.Metric) {
	for _, name := range names {
		found := false
		for _, m := range among {
			if matches(name, m) {
				chosen[m.Name] = name
				found = true
			}
		}
		if !found {
			c.failUnknown(option, strings.TrimPrefix(name, configPrefix), among)
		}
	}
}

func matches(name string, m instruments.Metric) bool {
	if m.Kind == instruments.KindHistogram {
		name = strings.TrimPrefix(name, configPrefix)
	}
	return slices.ContainsFunc(m.Names(), func(own string) bool {
		if !isPattern(name) {
			return own == name
		}
		ok, err := path.Match(name, own)
		return ok && err == nil
	})
}

// failUnknown reports a name of no metric with the nearest name, or why a known
// metric does not fit.
func (c *config) failUnknown(option, name string, among []instruments.Metric) {
	if m, ok := instruments.Lookup(name); ok {
		c.fail("%s: %q is a %s, want histograms", option, name, m.Kind)
		return
	}
	if isPattern(name) {
		c.fail("%s: no metric matches the pattern %q, want names of the catalog, with * for any characters",
			option, name)
		return
	}
	nearest, least := "", len(name)+1
	for _, m := range among {
		for _, own := range m.Names() {
			if d := distance(name, own); d < least || nearest == "" {
				nearest, least = own, d
			}
		}
	}
	c.fail("%s: there is no metric %q, want names of the catalog; did you mean %q?", option, name, nearest)
}

// distance returns the Levenshtein distance of a and b: the number of characters
// to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
