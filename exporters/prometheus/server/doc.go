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
//	  prometheus: $2y$10$… # printed by htpasswd -nBC 10 prometheus, after the colon
//
// Relative paths are relative to the directory of the file. Passwords are bcrypt
// hashes; clear text is refused. No error, log record or page repeats a secret of
// the file.
//
// A program with a server mounts
// [github.com/lmcache-go/lmcache-otel/exporters/prometheus.Exporter.Handler] there
// and does not need this package.
//
// # Guessed passwords
//
// A password is checked before exporter-toolkit sees the request, one at a time, so
// that guessing takes one core at most. One that was right before is not checked
// again and does not wait. Of those that wait, the last to come is the next, behind
// it the connections that had a wrong one before: Prometheus gets the page within a
// second while 200 clients guess, also the first time. (Only a flood of ever new
// connections can keep a password waiting that was never right before.) A wrong
// password takes as long for a user who does not exist as for one who does, if
// all hashes have one cost.
//
// The file's rate_limit counts the requests that pass, those of all users together.
//
// # Limits
//
// A client has ten seconds for a request and a minute to read the answer, and may
// keep an idle connection for two minutes. How many scrapes are served at once says
// [github.com/lmcache-go/lmcache-otel/exporters/prometheus.Exporter.Handler].
package server
