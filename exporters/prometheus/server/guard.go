// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"

	"go.yaml.in/yaml/v2"
	"golang.org/x/crypto/bcrypt"
)

// guard lets only requests with a right password through to the toolkit's
// handler, which decides: it reads the file and checks the password again.
//
// The toolkit alone can be jammed. It checks one password at a time, in the order
// in which they came, and its rate limit counts guesses and scrapes together. Here
// a password that was right before does not wait, and of those that wait the last
// to come is next, so that clients that guess wait for one another.
//
// A user who does not exist takes as long as the one whose password costs most;
// the toolkit's dummy has a cost of its own.
type guard struct {
	next  http.Handler
	file  string
	turns turns

	mu    sync.Mutex
	known map[[sha256.Size]byte]struct{} // users, hashes and passwords that fit
}

// maxKnown keeps passwords of more than 72 bytes, of which bcrypt ignores the
// rest, from taking all memory.
const maxKnown = 1000

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hashes, err := readUsers(g.file)
	if err == nil && len(hashes) > 0 {
		user, password, ok := r.BasicAuth()
		if !ok || !g.admits(r.Context(), hashes, user, password) {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
			return
		}
	}
	g.next.ServeHTTP(w, r) // tells what is wrong with the file
}

// readUsers returns the users of a web configuration file and their hashes.
func readUsers(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var c struct {
		Users map[string]string `yaml:"basic_auth_users"`
	}
	err = yaml.Unmarshal(content, &c)
	return c.Users, err
}

func (g *guard) admits(ctx context.Context, hashes map[string]string, user, password string) bool {
	hash, exists := hashes[user]
	if !exists {
		for _, h := range hashes { // takes as long as a user who exists
			if hash == "" || cost(h) > cost(hash) {
				hash = h
			}
		}
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", user, hash, password))
	if g.isKnown(key) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout) // later nobody can be answered
	defer cancel()
	if !g.turns.take(ctx) {
		return false
	}
	defer g.turns.pass()
	if bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) != nil || !exists {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil || len(g.known) >= maxKnown {
		g.known = map[[sha256.Size]byte]struct{}{}
	}
	g.known[key] = struct{}{}
	return true
}

func (g *guard) isKnown(key [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.known[key]
	return ok
}

func cost(hash string) int {
	c, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return 0 // Start refuses it
	}
	return c
}

// turns are taken one after the other, the last to come first.
type turns struct {
	mu      sync.Mutex
	taken   bool
	waiting []chan struct{}
}

// take waits for a turn, which has to be passed on. It returns false if ctx ended
// before.
func (t *turns) take(ctx context.Context) bool {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	t.waiting = append(t.waiting, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.Index(t.waiting, turn)
	if i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 { // the turn came at the same moment
		t.pass()
	}
	return false
}

func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.waiting) - 1
	if last < 0 {
		t.taken = false
		return
	}
	close(t.waiting[last])
	t.waiting = t.waiting[:last]
}
