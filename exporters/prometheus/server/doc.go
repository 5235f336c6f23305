// SPDX-License-Identifier: Apache-2.0

// Package server serves a Prometheus exporter to programs that have no HTTP server of their own for it.
//
// It listens on loopback unless it is told otherwise, and serves the page on /metrics and a page for people that links there on /. TLS,
// client certificates, basic authentication and response headers come from a web configuration file of the format that
// all of Prometheus's own programs share (https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md). The
// file is read again for each connection and request, so that certificates and passwords can be changed while it serves.
//
//	tls_server_config:
//	  cert_file: server.pem
//	  key_file: server.key
//	basic_auth_users:
//	  prometheus: $2y$10$… # what htpasswd -nB prometheus prints after the colon
//
// Relative paths are relative to the directory of the file. Passwords are bcrypt hashes; in clear they are refused.
//
// A program that has a server mounts [github.com/lmcache-go/lmcache-otel/exporters/prometheus.Exporter.Handler] there and does
// not need this package.
package server
