// SPDX-License-Identifier: Apache-2.0

package otelenv

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Get returns the value of a variable without surrounding blanks; ok is false when nothing is left.
func Get(name string) (value string, ok bool) {
	value = strings.TrimSpace(os.Getenv(name))
	return value, value != ""
}

// List returns the elements of a comma-separated variable without blanks; none when it is unset.
func List(name string) []string {
	value, ok := Get(name)
	if !ok {
		return nil
	}
	elements := strings.Split(value, ",")
	for i := range elements {
		elements[i] = strings.TrimSpace(elements[i])
	}
	return elements
}

// Invalid returns the error for a variable whose value is none of those allowed.
func Invalid(name, value, allowed string) error {
	return fmt.Errorf("%s is %q; allowed: %s", name, value, allowed)
}

// oneOf checks a variable that names something. Case does not count.
func oneOf(name string, allowed ...string) error {
	value, ok := Get(name)
	if !ok || slices.Contains(allowed, strings.ToLower(value)) {
		return nil
	}
	return Invalid(name, value, strings.Join(allowed, ", "))
}

// exactlyOneOf is oneOf for the variables in which the SDK does count case.
func exactlyOneOf(name string, allowed ...string) error {
	value, ok := Get(name)
	if !ok || slices.Contains(allowed, value) {
		return nil
	}
	return Invalid(name, value, strings.Join(allowed, ", "))
}

func boolean(name string) error { return oneOf(name, "true", "false") }

// wholeNumber checks a variable that is a number from least to most.
func wholeNumber(name string, least, most int, of string) error {
	if _, ok := Get(name); !ok {
		return nil
	}
	value := os.Getenv(name) // with its blanks, which the SDK does not remove from numbers
	if n, err := strconv.Atoi(value); err != nil || n < least || n > most {
		return Invalid(name, value, fmt.Sprintf("a whole number of %s, from %d to %d", of, least, most))
	}
	return nil
}
