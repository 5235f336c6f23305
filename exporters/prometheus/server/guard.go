// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"go.yaml.in/yaml/v2"
	"golang.org/x/crypto/bcrypt"
)

// guard lets only requests with a right password through to the toolkit's
// handler, which checks it again.
//
// The toolkit alone can be jammed: it checks one password at a time in the order
// in which they came, so that 200 clients that guess keep Prometheus waiting for
// half a minute, and its rate limit counts guesses and scrapes together. Here a
// password that was right before does not wait for others.
//
// Nor does it take the same time for a user who exists and one who does not,
// unless all passwords have the cost of its dummy.
type guard struct {
	next  http.Handler
	file  string
	turns turns

	mu    sync.Mutex
	known map[[sha256.Size]byte]struct{} // users, hashes and passwords that fit
}

// guessesKey is that of a connection's *atomic.Bool: a password was wrong.
type guessesKey struct{}

func withGuesses(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, guessesKey{}, new(atomic.Bool))
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
	guesses := ctx.Value(guessesKey{}).(*atomic.Bool)
	if !g.turns.take(ctx, guesses.Load()) {
		return false
	}
	defer g.turns.pass()
	if bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) != nil || !exists {
		guesses.Store(true)
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
