// SPDX-License-Identifier: Apache-2.0

package docs_test

import "testing"

// TestEveryPackageLooksForLeaks holds that the tests of each package fail when one
// of them leaves a goroutine behind.
func TestEveryPackageLooksForLeaks(t *testing.T) {
	for dir, functions := range testFunctions(t) {
		main := functions["TestMain"]
		if main == nil || !calls(main, "goleak", "VerifyTestMain") && !calls(main, "exampletest", "Main") {
			t.Errorf("%s: want a TestMain with goleak.VerifyTestMain", dir)
		}
	}
}
