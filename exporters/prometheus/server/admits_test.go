// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// TestGuardAlone: the guard without the toolkit behind it, which would check
// once more. A password that was right does not wait for a turn, until the file
// has another.
func TestGuardAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.yaml")
	setPassword := func(password string) {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("basic_auth_users: {prometheus: "+string(hash)+"}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := &guard{file: file, next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	conn := withGuesses(t.Context(), nil)
	want := func(ctx context.Context, password string, want int) {
		t.Helper()
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)
		request.SetBasicAuth("prometheus", password)
		answer := httptest.NewRecorder()
		g.ServeHTTP(answer, request)
		if answer.Code != want {
			t.Errorf("%s: status %d, want %d", password, answer.Code, want)
		}
	}
	setPassword("old")
	want(conn, "old", http.StatusOK)
	if conn.Value(guessesKey{}).(*atomic.Bool).Load() {
		t.Error("a right password is taken for a guess")
	}
	want(conn, "new", http.StatusUnauthorized)
	if !conn.Value(guessesKey{}).(*atomic.Bool).Load() {
		t.Error("a wrong password is not remembered")
	}

	g.turns.take(t.Context(), false)
	want(conn, "old", http.StatusOK)
	leaving, leave := context.WithCancel(conn)
	leave()
	want(leaving, "new", http.StatusUnauthorized)
	g.turns.pass()

	setPassword("new")
	want(conn, "old", http.StatusUnauthorized)
	want(conn, "new", http.StatusOK)
}
