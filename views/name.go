// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

func histograms() []instruments.Metric {
	return slices.DeleteFunc(instruments.All(), func(m instruments.Metric) bool { return m.Kind != instruments.KindHistogram })
}

func isPattern(name string) bool { return strings.Contains(name, "*") }

// choose returns the metrics that the names and patterns name: by OpenTelemetry name, the name or pattern that chose it.
func choose(option string, names []string, among []instruments.Metric) (map[string]string, error) {
	chosen := map[string]string{}
	var errs []error
	for _, name := range names {
		found := false
		for _, m := range among {
			if matches(name, m) {
				chosen[m.Name] = name
				found = true
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("%s: %w", option, unknown(strings.TrimPrefix(name, configPrefix), among)))
		}
	}
	return chosen, errors.Join(errs...)
}

func matches(name string, m instruments.Metric) bool {
	if m.Kind == instruments.KindHistogram {
		name = strings.TrimPrefix(name, configPrefix)
	}
	for _, own := range m.Names() {
		if own == name {
			return true
		}
		if isPattern(name) {
			if ok, err := path.Match(name, own); err == nil && ok {
				return true
			}
		}
	}
	return false
}

// unknown returns the error for a name that names none of the metrics: it suggests the nearest name, or says why a known one does not fit.
func unknown(name string, among []instruments.Metric) error {
	if m, ok := instruments.Lookup(name); ok {
		return fmt.Errorf("%q is a %s; want histograms", name, m.Kind)
	}
	if isPattern(name) {
		return fmt.Errorf("no metric matches the pattern %q; want names of the catalog, with * for any characters", name)
	}
	nearest, least := "", len(name)+1
	for _, m := range among {
		for _, own := range m.Names() {
			if d := distance(name, own); d < least || nearest == "" {
				nearest, least = own, d
			}
		}
	}
	return fmt.Errorf("there is no metric %q; did you mean %q? want a name of the catalog", name, nearest)
}

// distance is Levenshtein's: how many characters to insert, delete or replace to get from a to b.
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
