// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName = regexp.MustCompile(`\b(Test|Fuzz|Benchmark)[A-Z]\w*`)
	testLink = regexp.MustCompile(`\[(\w+)\]\(([^)\s]+_test\.go)\)`)
)

// TestTestsOfPagesExist looks up every test, fuzz target and benchmark that the
// documentation names; where it links to one, in that file.
func TestTestsOfPagesExist(t *testing.T) {
	known := map[string]map[string]bool{} // files, by the name of the function
	for file, functions := range testFunctions(t) {
		for name := range functions {
			if known[name] == nil {
				known[name] = map[string]bool{}
			}
			known[name][file] = true
		}
	}
	for _, page := range pages(t) {
		text := goBlock.ReplaceAllString(readPage(t, page), "")
		for _, name := range testName.FindAllString(text, -1) {
			if known[name] == nil {
				t.Errorf("%s: there is no %s", page, name)
			}
		}
		for _, m := range testLink.FindAllStringSubmatch(text, -1) {
			if file := path.Join(filepath.ToSlash(filepath.Dir(page)), m[2]); !known[m[1]][file] {
				t.Errorf("%s: there is no %s in %s", page, m[1], file)
			}
		}
	}
}

// TestPromisesHaveTests holds that each promise of reliability.md has a test.
func TestPromisesHaveTests(t *testing.T) {
	promised, _, _ := strings.Cut(readPage(t, "reliability.md"), "\n## What is not promised\n")
	rows := 0
	for line := range strings.Lines(promised) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| --- ") || strings.HasPrefix(line, "| promise ") {
			continue
		}
		rows++
		if len(cells) != 3 || !testLink.MatchString(cells[1]) {
			t.Errorf("want a promise, a link to its test and a figure or nothing in %s", line)
		}
	}
	if rows < 50 {
		t.Errorf("%d promises, want them all", rows)
	}
}
