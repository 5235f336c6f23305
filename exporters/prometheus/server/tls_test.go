// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
)

// TestMutualTLS: only a client with a certificate of the right authority, for the right name, gets the page.
func TestMutualTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	ours.Issue(t, "server")
	// Beside the certificates, whose files are named relative to it.
	s := start(t, server.WithWebConfig(write(t, filepath.Dir(ours.File), "web.yaml", `
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_ca_file: authority.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus]
`)))
	scrape := func(certificates ...tls.Certificate) (int, string, error) {
		config := &tls.Config{RootCAs: ours.Pool, MinVersion: tls.VersionTLS12, Certificates: certificates}
		return get(t, &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}, "https://"+s.Addr().String()+"/metrics")
	}
	pair := func(a *authority, name string) tls.Certificate {
		certificate, _, _ := a.Issue(t, name)
		return certificate
	}
	if status, body, err := scrape(pair(ours, "prometheus")); err != nil || status != http.StatusOK || !strings.Contains(body, counted) {
		t.Errorf("with the right certificate: status %d, error %v and %q, want 200 and the page", status, err, body)
	}
	for name, certificates := range map[string][]tls.Certificate{
		"no certificate":                     nil,
		"a certificate of another authority": {pair(theirs, "prometheus")},
		"a certificate for another name":     {pair(ours, "somebody")},
	} {
		if status, body, err := scrape(certificates...); err == nil {
			t.Errorf("with %s: status %d and %q, want no connection", name, status, body)
		}
	}
	if status, body, err := get(t, &http.Transport{}, "http://"+s.Addr().String()+"/metrics"); err == nil && status == http.StatusOK {
		t.Errorf("without TLS: status 200 and %q", body)
	}
}

// withCallback says when it is called, and waits.
func withCallback(called chan<- struct{}, proceed <-chan struct{}) metric.Int64ObservableGaugeOption {
	return metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		close(called)
		<-proceed
		o.Observe(1)
		return nil
	})
}
