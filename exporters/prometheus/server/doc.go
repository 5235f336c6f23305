// SPDX-License-Identifier: Apache-2.0

// Package server serves a Prometheus exporter in programs without an HTTP server
// of their own.
//
// It listens on loopback by default, and serves the page on /metrics and a page
// for people, with a link to it, on /. A web configuration file sets TLS, client
// certificates, basic authentication and response headers. All of Prometheus's own
// programs share its format
// (https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md).
// The file is read again for each connection and request, so that certificates and
// passwords can change at any time.
//
//	tls_server_config:
//	  cert_file: server.pem
//	  key_file: server.key
//	basic_auth_users:
//	  prometheus: $2y$10$… # printed by htpasswd -nB prometheus, after the colon
//
// Relative paths are relative to the directory of the file. Passwords are bcrypt
// hashes; clear text is refused. Clients that guess passwords cannot keep one who
// has the right one waiting, nor learn from the time of an answer which users
// exist, as long as all hashes have the same cost. The file's rate_limit counts
// scrapes and not what has no right password.
//
// A program with a server mounts
// [github.com/lmcache-go/lmcache-otel/exporters/prometheus.Exporter.Handler] there
// and does not need this package.
package server
