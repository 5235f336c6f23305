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

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

// The address of the server without [WithAddress], as OpenTelemetry specifies it.
const (
	hostVariable = "OTEL_EXPORTER_PROMETHEUS_HOST"
	portVariable = "OTEL_EXPORTER_PROMETHEUS_PORT"
	defaultHost  = "127.0.0.1"
	defaultPort  = "9464"
)

// Option configures [Start]. A later option replaces an earlier one of the same
// name; a nil Option is ignored.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	address   string
	webConfig string
	logger    *slog.Logger
	errs      []error
}

func newConfig(opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if c.logger == nil {
		c.logger = slog.Default()
	}
	c.logger = slog.New(redacting{c.logger.Handler()})
	if c.address == "" {
		c.setAddressFromEnvironment()
	}
	c.validateWebConfig()
	return c, errors.Join(c.errs...)
}

func (c *config) setAddressFromEnvironment() {
	port := getenv(portVariable, defaultPort)
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		c.errs = append(c.errs, fmt.Errorf("%s: want a port from 0 to 65535", portVariable))
	}
	c.address = net.JoinHostPort(getenv(hostVariable, defaultHost), port)
}

// getenv treats an empty variable as unset, as OpenTelemetry does.
func getenv(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func (c *config) validateWebConfig() {
	err := web.Validate(c.webConfig)
	if err == nil {
		return
	}
	if isHashError(err) {
		err = errors.New("basic_auth_users: want bcrypt hashes (htpasswd -nB)")
	}
	c.errs = append(c.errs, redact.Settings(fmt.Errorf("web configuration file %s: %w", c.webConfig, err)))
}

// isHashError reports whether a password is not hashed. Not all of bcrypt's errors
// can be compared, but all begin with its import path, except that of a cost that
// is no number. They show the first characters.
func isHashError(err error) bool {
	var number *strconv.NumError
	return strings.HasPrefix(err.Error(), "crypto/bcrypt: ") || errors.As(err, &number)
}

// WithAddress sets the address to listen on, such as ":9464" for all interfaces or
// "127.0.0.1:0" for any free port. By default, or if it is empty, the environment
// variables OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT set it,
// whose defaults are 127.0.0.1 and 9464.
func WithAddress(address string) Option {
	return optionFunc(func(c *config) { c.address = address })
}

// WithWebConfig sets the web configuration file. By default, or if it is empty,
// the server speaks plain HTTP to everybody who reaches the address.
func WithWebConfig(file string) Option {
	return optionFunc(func(c *config) { c.webConfig = file })
}

// WithLogger sets the logger for the address and for connections that failed. By
// default, or if it is nil, it is [slog.Default] at the time of Start.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) { c.logger = l })
}
