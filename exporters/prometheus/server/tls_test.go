// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus/server"
)

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         string
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key := newKey(t)
	return authority{template, key, sign(t, template, template, key, key)}
}

// issue returns a certificate for loopback and its key.
func (a authority) issue(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	private := newKey(t)
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, template, a.certificate, private, a.key), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestMutualTLS: only a client with a certificate of the right authority, for the right name, gets the page.
func TestMutualTLS(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	dir := t.TempDir()
	certificate, key := ours.issue(t, "server")
	write(t, dir, "cert.pem", certificate)
	write(t, dir, "key.pem", key)
	write(t, dir, "ca.pem", ours.pem)
	s := start(t, server.WithWebConfig(write(t, dir, "web.yaml", `
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus]
`)))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ours.pem))
	scrape := func(certificates ...tls.Certificate) (int, string, error) {
		config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, Certificates: certificates}
		return get(t, &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}, "https://"+s.Addr().String()+"/metrics")
	}
	pair := func(a authority, name string) tls.Certificate {
		certificate, key := a.issue(t, name)
		p, err := tls.X509KeyPair([]byte(certificate), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return p
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
