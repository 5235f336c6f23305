// SPDX-License-Identifier: Apache-2.0

package otelenv

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// authority checks a variable that names the file of the certificates that the server's is verified with.
func authority(name string) error {
	file, ok := Get(name)
	if !ok {
		return nil
	}
	const allowed = "a readable file of PEM certificates"
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s: %w; allowed: %s", name, err, allowed)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: %s holds no certificate; allowed: %s", name, file, allowed)
	}
	return nil
}

// clientCertificate checks the two variables that name the client's certificate and its key.
func clientCertificate(certificate, key string) error {
	certFile, hasCert := Get(certificate)
	keyFile, hasKey := Get(key)
	if !hasCert && !hasKey {
		return nil
	}
	if hasCert != hasKey {
		return fmt.Errorf("%s and %s: one is set, the other is not; allowed: both or neither", certificate, key)
	}
	if _, err := tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		return fmt.Errorf("%s and %s: %w; allowed: readable PEM files of a certificate and its key", certificate, key, err)
	}
	return nil
}
