// SPDX-License-Identifier: Apache-2.0

package exampletest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Request sends an HTTP request and returns the body of the answer, which must be 200 OK.
func Request(t *testing.T, method, url, body string, headers map[string]string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %s, %v: %s", url, resp.Status, err, got)
	}
	return string(got)
}
