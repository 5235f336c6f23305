// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"time"
)

// eventuallyTimeout is generous: the tests share small machines with others. Only a failing test takes this long.
const eventuallyTimeout = 60 * time.Second

// eventually polls until check returns nil and fails the test with its last error when it never does.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(eventuallyTimeout)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s: %v", eventuallyTimeout, what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
