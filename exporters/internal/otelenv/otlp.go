// SPDX-License-Identifier: Apache-2.0

package otelenv

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Signal is the word by which the variables of one signal differ.
type Signal string

// The signals.
const (
	Metrics Signal = "METRICS"
	Traces  Signal = "TRACES"
)

// Protocols of OTLP, as OTEL_EXPORTER_OTLP_PROTOCOL names them.
const (
	GRPC = "grpc"
	HTTP = "http/protobuf"
)

const prefix = "OTEL_EXPORTER_OTLP_"

// names returns the variable for all signals and the one for s, which has precedence.
func (s Signal) names(setting string) [2]string {
	return [2]string{prefix + setting, prefix + string(s) + "_" + setting}
}

// Protocol returns the protocol that the environment asks for; HTTP when it does not.
func (s Signal) Protocol() string {
	names := s.names("PROTOCOL")
	if value, ok := Get(names[1]); ok {
		return value
	}
	if value, ok := Get(names[0]); ok {
		return value
	}
	return HTTP
}

// HasEndpoint tells whether the environment says where OTLP goes.
func (s Signal) HasEndpoint() bool {
	for _, name := range s.names("ENDPOINT") {
		if _, ok := Get(name); ok {
			return true
		}
	}
	return false
}

// DefaultEndpoint returns where OTLP goes by the specification when nobody said: to this machine, without encryption. The SDK's exporters would
// encrypt. It is empty when the environment names an endpoint, or sets anything about encryption, which then is the SDK's to read.
func (s Signal) DefaultEndpoint(protocol string) string {
	for _, setting := range []string{"ENDPOINT", "INSECURE", "CERTIFICATE", "CLIENT_CERTIFICATE"} {
		for _, name := range s.names(setting) {
			if _, ok := Get(name); ok {
				return ""
			}
		}
	}
	if protocol == GRPC {
		return "http://localhost:4317"
	}
	return "http://localhost:4318"
}

// CheckOTLP checks every variable that the OTLP exporters of the signal read, for the given protocol; "" is the environment's.
func (s Signal) CheckOTLP(protocol string) error {
	var errs []error
	for _, name := range s.names("PROTOCOL") {
		errs = append(errs, exactlyOneOf(name, GRPC, HTTP))
	}
	if protocol == "" {
		protocol = s.Protocol()
	}
	for _, name := range s.names("ENDPOINT") {
		if value, ok := Get(name); ok {
			if err := CheckEndpoint(value, protocol); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	for _, name := range s.names("HEADERS") {
		errs = append(errs, headers(name))
	}
	for _, name := range s.names("TIMEOUT") {
		errs = append(errs, wholeNumber(name, 0, maxMilliseconds, "milliseconds"))
	}
	for _, name := range s.names("INSECURE") {
		errs = append(errs, boolean(name))
	}
	for _, name := range s.names("COMPRESSION") {
		errs = append(errs, exactlyOneOf(name, "gzip", "none"))
	}
	for _, name := range s.names("CERTIFICATE") {
		errs = append(errs, authority(name))
	}
	certificates, keys := s.names("CLIENT_CERTIFICATE"), s.names("CLIENT_KEY")
	for i := range certificates {
		errs = append(errs, clientCertificate(certificates[i], keys[i]))
	}
	if s == Metrics {
		errs = append(errs,
			oneOf(prefix+"METRICS_TEMPORALITY_PREFERENCE", "cumulative", "delta", "lowmemory"),
			oneOf(prefix+"METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram", "base2_exponential_bucket_histogram"))
	}
	return errors.Join(errs...)
}

// grpcSchemes are the targets other than URLs that OTLP over gRPC can be sent to.
var grpcSchemes = map[string]bool{"dns": true, "passthrough": true, "unix": true, "unix-abstract": true}

// CheckEndpoint checks where OTLP is sent to.
func CheckEndpoint(endpoint, protocol string) error {
	allowed := "http://host:port or https://host:port"
	if protocol == GRPC {
		allowed += ", name:port, or a gRPC target such as dns:///name:port and unix:///path"
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		var wrapped *url.Error // it repeats the URL, which may hold a password
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Errorf("malformed endpoint: %w; allowed: %s", err, allowed)
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme == "http" || scheme == "https":
		if u.Hostname() != "" && portFits(u.Port()) {
			return nil
		}
	case protocol == GRPC && grpcSchemes[scheme]:
		return nil
	case protocol == GRPC && u.Opaque != "" && portFits(u.Opaque): // name:port reads like a scheme and its rest
		return nil
	}
	return fmt.Errorf("malformed endpoint %q; allowed: %s", u.Redacted(), allowed)
}

func portFits(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// headers checks a list of headers. Its errors show no values, which often are tokens.
func headers(name string) error {
	const allowed = "name=value pairs, separated by commas, values percent-encoded"
	for i, pair := range List(name) {
		header, value, found := strings.Cut(pair, "=")
		if !found {
			return fmt.Errorf("%s: entry %d has no =; allowed: %s", name, i+1, allowed)
		}
		if !isToken(strings.TrimSpace(header)) {
			return fmt.Errorf("%s: entry %d has the invalid header name %q; allowed: %s", name, i+1, header, allowed)
		}
		if _, err := url.PathUnescape(value); err != nil {
			return fmt.Errorf("%s: value of %q has a malformed percent-encoding; allowed: %s", name, header, allowed)
		}
	}
	return nil
}

// isToken tells whether s is a token of RFC 9110, which names of headers are.
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}) < 0
}
