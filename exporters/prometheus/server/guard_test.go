// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
)

const guessedCost = 8 // less than the default, as the race detector makes checks ten times as slow

// users returns a web configuration with users that have a password.
func users(t *testing.T, cost int, password string, names ...string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("basic_auth_users:\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  %s: %s\n", name, hash)
	}
	return b.String()
}

// TestGuessingDoesNotJam: while 200 clients guess, the right password of a user
// who was not seen before is answered within a second, or within ten checks where
// a check is slow. In the order in which they came it would take 200.
func TestGuessingDoesNotJam(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	config := users(t, guessedCost, password, names...)
	s := start(t, server.WithWebConfig(write(t, t.TempDir(), "web.yaml", config)))
	ctx, stop := context.WithCancel(t.Context())
	var guessing sync.WaitGroup
	transport := &http.Transport{}
	for i := range 200 {
		guessing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				guess := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "a:guess %d %d", i, n))
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr().String()+"/metrics", http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Basic "+guess)
				resp, err := transport.RoundTrip(r)
				if err != nil {
					continue // ctx ended
				}
				if resp.StatusCode != http.StatusUnauthorized {
					t.Errorf("a guess: status %d, want 401", resp.StatusCode)
				}
				_ = resp.Body.Close()
			}
		})
	}
	time.Sleep(time.Second) // now they wait for one another
	var times []time.Duration
	for _, name := range names {
		began := time.Now()
		if status, _ := mustGet(t, s, "/metrics", name, password); status != http.StatusOK {
			t.Errorf("%s: status %d, want 200", name, status)
		}
		times = append(times, time.Since(began))
	}
	began := time.Now()
	users(t, guessedCost, password)
	check := time.Since(began)
	stop()
	guessing.Wait()
	transport.CloseIdleConnections()
	slices.Sort(times)
	if times[len(times)/2] > max(time.Second, 10*check) {
		t.Errorf("answers took %v, want a second at most; a check takes %v", times, check)
	}
}

// TestUsersAreNotToldApart: a wrong password takes the same time for a user who
// exists and one who does not. The cost is not that of the toolkit's dummy.
func TestUsersAreNotToldApart(t *testing.T) {
	s := start(t, server.WithWebConfig(write(t, t.TempDir(), "web.yaml", users(t, bcrypt.MinCost+2, password, "alice"))))
	fastest := map[string]time.Duration{"alice": time.Hour, "nobody": time.Hour}
	for i := range 5 {
		for name := range fastest {
			began := time.Now()
			if status, _ := mustGet(t, s, "/metrics", name, fmt.Sprint("wrong ", i)); status != http.StatusUnauthorized {
				t.Errorf("%s: status %d, want 401", name, status)
			}
			fastest[name] = min(fastest[name], time.Since(began))
		}
	}
	if ratio := float64(fastest["alice"]) / float64(fastest["nobody"]); ratio < 0.5 || ratio > 2 {
		t.Errorf("answers take %v at least, want about the same", fastest)
	}
}

// TestTheFileDecides: a change of the file counts from the next request on, for
// passwords that were right before, too.
func TestTheFileDecides(t *testing.T) {
	file := write(t, t.TempDir(), "web.yaml", users(t, bcrypt.MinCost, "old", "alice"))
	s := start(t, server.WithWebConfig(file))
	wants := func(want int, user ...string) {
		t.Helper()
		if status, _ := mustGet(t, s, "/metrics", user...); status != want {
			t.Errorf("as %q: status %d, want %d", user, status, want)
		}
	}
	change := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wants(http.StatusOK, "alice", "old")
	change(users(t, bcrypt.MinCost, "new", "alice"))
	wants(http.StatusUnauthorized, "alice", "old")
	wants(http.StatusOK, "alice", "new")
	change(users(t, bcrypt.MinCost, "new", "bob"))
	wants(http.StatusUnauthorized, "alice", "new")
	change("")
	wants(http.StatusOK)
	change("unknown: setting")
	wants(http.StatusInternalServerError)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	wants(http.StatusInternalServerError, "alice", "new")
}
