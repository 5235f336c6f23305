// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
)

// The address of the server without [WithAddress], as OpenTelemetry specifies it.
const (
	hostVariable = "OTEL_EXPORTER_PROMETHEUS_HOST"
	portVariable = "OTEL_EXPORTER_PROMETHEUS_PORT"
	defaultHost  = "127.0.0.1"
	defaultPort  = "9464"
)

// Option configures [Start]. A later option replaces an earlier one of the same name.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	address   string
	webConfig string
	logger    *slog.Logger
}

func newConfig(opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.logger == nil {
		c.logger = slog.Default()
	}
	var addressErr error
	if c.address == "" {
		c.address, addressErr = addressFromEnvironment()
	}
	return c, errors.Join(addressErr, validateWebConfig(c.webConfig))
}

func addressFromEnvironment() (string, error) {
	port := getenv(portVariable, defaultPort)
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("%s is %q: want a port from 0 to 65535", portVariable, port)
	}
	return net.JoinHostPort(getenv(hostVariable, defaultHost), port), nil
}

// getenv takes an empty variable for one that is not set, as OpenTelemetry does.
func getenv(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func validateWebConfig(file string) error {
	if err := web.Validate(file); err != nil {
		if isHashError(err) {
			err = fmt.Errorf("basic_auth_users: want bcrypt hashes (htpasswd -nB): %w", err)
		}
		return fmt.Errorf("web configuration file %s: %w", file, err)
	}
	return nil
}

// isHashError reports whether a password is not hashed. Not all of bcrypt's errors can be compared, but all begin with its import path.
func isHashError(err error) bool { return strings.HasPrefix(err.Error(), "crypto/bcrypt: ") }

// WithAddress sets the address to listen on, such as ":9464" for all interfaces or "127.0.0.1:0" for any free port. Without it, or
// when it is empty, the address comes from the environment variables OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT; the
// defaults are 127.0.0.1 and 9464.
func WithAddress(address string) Option {
	return optionFunc(func(c config) config {
		c.address = address
		return c
	})
}

// WithWebConfig sets the web configuration file. Without it, or when it is empty, the server speaks plain HTTP to
// everybody who reaches the address.
func WithWebConfig(file string) Option {
	return optionFunc(func(c config) config {
		c.webConfig = file
		return c
	})
}

// WithLogger sets where the server logs where it listens and which connections failed. Without it, or when it is nil,
// [slog.Default] at the time of Start.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c config) config {
		c.logger = l
		return c
	})
}
