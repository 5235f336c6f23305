// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// takenPorts are those that freeAddress has given away: it never gives one twice.
var takenPorts sync.Map

// freeAddress returns a loopback address that nobody listens on. Its port is below those that systems give to outgoing
// connections, so that none of these takes it before the program it is meant for.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(10000)
		if _, taken := takenPorts.LoadOrStore(port, true); taken {
			continue
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		listener.Close()
		return address
	}
	t.Fatal("found no free port between 20000 and 30000")
	return ""
}

// port returns the port of an address.
func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
