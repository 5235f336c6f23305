// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"path/filepath"
	"testing"
)

// TestEveryPackageLooksForLeaks holds that the tests of each package fail when one
// of them leaves a goroutine behind.
func TestEveryPackageLooksForLeaks(t *testing.T) {
	looks := map[string]bool{} // by directory
	for file, functions := range testFunctions(t) {
		main, dir := functions["TestMain"], filepath.Dir(file)
		looks[dir] = looks[dir] || main != nil && (calls(main, "goleak", "VerifyTestMain") || calls(main, "exampletest", "Main"))
	}
	for dir, ok := range looks {
		if !ok {
			t.Errorf("%s: want a TestMain with goleak.VerifyTestMain", dir)
		}
	}
}
