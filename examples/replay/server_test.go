// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// TestClientsThatDoNotRead: clients that pipeline requests and read no answer
// keep no descriptor of the replay.
func TestClientsThatDoNotRead(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the write timeout")
	}
	const clients = 50
	for _, path := range []string{"/", "/metrics"} {
		t.Run(path, func(t *testing.T) {
			c := startCommand(t, nil)
			address := strings.TrimPrefix(c.url(t), "http://")
			c.awaitStderr(t, "serving until")
			descriptors := func() int {
				entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.Process.Pid))
				if err != nil {
					t.Skip("no /proc to count descriptors in")
				}
				return len(entries)
			}
			before := descriptors()
			pipeline := []byte(strings.Repeat("GET "+path+" HTTP/1.1\r\nHost: replay\r\n\r\n", 1<<12))
			for range clients {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if err := conn.(*net.TCPConn).SetReadBuffer(1 << 12); err != nil {
					t.Fatal(err)
				}
				go func() {
					for { // until the server closes the connection, or the test ends
						if _, err := conn.Write(pipeline); err != nil {
							return
						}
					}
				}()
			}
			eventually(t, 10*time.Second, func() bool { return descriptors() >= before+clients },
				func() string {
					return fmt.Sprintf("%d descriptors with %d clients, before it were %d", descriptors(), clients, before)
				})
			eventually(t, 2*writeTimeout+20*time.Second, func() bool { return descriptors() <= before+1 },
				func() string { return fmt.Sprintf("%d descriptors are kept, before it were %d", descriptors(), before) })
		})
	}
}

func eventually(t *testing.T, within time.Duration, holds func() bool, message func() string) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(message())
		}
	}
}
