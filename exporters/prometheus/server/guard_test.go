// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
)

// slowHash returns a hash of a password that takes at least 10 ms to check, also
// without the race detector.
func slowHash(t *testing.T, password string) string {
	t.Helper()
	for cost := bcrypt.MinCost; ; cost++ {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
		if err != nil {
			t.Fatal(err)
		}
		fastest := time.Hour
		for range 5 {
			began := time.Now()
			_ = bcrypt.CompareHashAndPassword(hash, []byte("wrong"))
			fastest = min(fastest, time.Since(began))
		}
		if fastest > 10*time.Millisecond {
			return string(hash)
		}
	}
}

// TestGuessersDoNotJam: the right password is answered within a second while 200
// clients guess, the first time and later.
func TestGuessersDoNotJam(t *testing.T) {
	file := write(t, t.TempDir(), "web.yaml", "basic_auth_users: {prometheus: "+slowHash(t, password)+"}")
	s := start(t, server.WithWebConfig(file))
	guess, stop := context.WithCancel(t.Context())
	defer stop()
	var guessers, asking sync.WaitGroup
	asking.Add(200)
	for i := range 200 {
		guessers.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			asks := sync.OnceFunc(asking.Done)
			ctx := httptrace.WithClientTrace(guess, &httptrace.ClientTrace{
				WroteRequest: func(httptrace.WroteRequestInfo) { asks() },
			})
			for j := 0; guess.Err() == nil; j++ {
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr().String()+"/metrics", http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				request.SetBasicAuth([]string{"prometheus", "somebody"}[i%2], strconv.Itoa(i)+"-"+strconv.Itoa(j))
				answer, err := client.Do(request)
				if err != nil {
					if guess.Err() == nil {
						t.Error(err)
					}
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusUnauthorized {
					t.Errorf("a guess: status %d, want 401", answer.StatusCode)
				}
			}
		})
	}
	asking.Wait()
	time.Sleep(200 * time.Millisecond) // the server has read it
	for i := range 6 {
		began := time.Now()
		status, _ := mustGet(t, s, "/metrics", "prometheus", password)
		took := time.Since(began)
		t.Logf("request %d with the right password: %v", i, took)
		// A tenth of a second when the machine has nothing else to do. The toolkit
		// alone takes more than half a minute.
		if most := 5 * time.Second; status != http.StatusOK || took > most {
			t.Errorf("status %d after %v, want 200 within %v", status, took, most)
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	guessers.Wait()
}

// TestUsersCannotBeToldApart: a wrong password takes as long for a user who
// exists as for one who does not.
func TestUsersCannotBeToldApart(t *testing.T) {
	file := write(t, t.TempDir(), "web.yaml", "basic_auth_users: {prometheus: "+slowHash(t, password)+"}")
	s := start(t, server.WithWebConfig(file))
	times := map[string][]time.Duration{}
	for i := range 9 {
		for _, user := range []string{"prometheus", "somebody"} {
			began := time.Now()
			if status, _ := mustGet(t, s, "/metrics", user, strconv.Itoa(i)); status != http.StatusUnauthorized {
				t.Errorf("status %d, want 401", status)
			}
			times[user] = append(times[user], time.Since(began))
		}
	}
	median := func(user string) time.Duration {
		slices.Sort(times[user])
		return times[user][len(times[user])/2]
	}
	exists, doesNot := median("prometheus"), median("somebody")
	if exists < 5*time.Millisecond || exists > 2*doesNot || doesNot > 2*exists {
		t.Errorf("%v for a user who exists, %v for one who does not, want the time of a hash for both", exists, doesNot)
	}
}

// TestPasswordChanges: a password that was right before is refused after it was
// changed.
func TestPasswordChanges(t *testing.T) {
	file := write(t, t.TempDir(), "web.yaml", "basic_auth_users: {prometheus: "+bcrypted+"}")
	s := start(t, server.WithWebConfig(file))
	want := func(password string, want int) {
		t.Helper()
		if status, _ := mustGet(t, s, "/metrics", "prometheus", password); status != want {
			t.Errorf("%s: status %d, want %d", password, status, want)
		}
	}
	want(password, http.StatusOK)
	want("new", http.StatusUnauthorized)
	hash, err := bcrypt.GenerateFromPassword([]byte("new"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(file), "web.yaml", "basic_auth_users: {prometheus: "+string(hash)+"}")
	want(password, http.StatusUnauthorized)
	want("new", http.StatusOK)
	write(t, filepath.Dir(file), "web.yaml", "basic_auth_users: {}")
	want("any", http.StatusOK)
}

// TestRateLimit: the toolkit's counts requests that have the right password.
func TestRateLimit(t *testing.T) {
	file := write(t, t.TempDir(), "web.yaml", "basic_auth_users: {prometheus: "+bcrypted+"}\nrate_limit: {interval: 1h, burst: 2}")
	s := start(t, server.WithWebConfig(file))
	for range 5 {
		for _, user := range [][]string{nil, {"prometheus", "wrong"}} {
			if status, _ := mustGet(t, s, "/metrics", user...); status != http.StatusUnauthorized {
				t.Errorf("as %q: status %d, want 401", user, status)
			}
		}
	}
	for _, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		if status, _ := mustGet(t, s, "/metrics", "prometheus", password); status != want {
			t.Errorf("status %d, want %d", status, want)
		}
	}
}
