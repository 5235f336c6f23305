// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"strings"
	"time"
)

// setters are the options of one of OpenTelemetry's four OTLP exporters, which are alike but have types of their own.
type setters[O any] struct {
	endpoint func(url string) O
	headers  func(map[string]string) O
	tls      func(*tls.Config) O
	gzip     func() O
	timeout  func(time.Duration) O
	retry    func(Retry) O
}

// options lists what the configuration says over the environment, which the exporters read themselves. The path is that of the signal over HTTP.
func options[O any](c config, path string, set setters[O]) []O {
	var opts []O
	if c.endpoint != "" {
		endpoint := c.endpoint
		if c.protocol == HTTP {
			endpoint = strings.TrimSuffix(endpoint, "/") + path
		}
		opts = append(opts, set.endpoint(endpoint))
	}
	if c.headers != nil {
		opts = append(opts, set.headers(c.headers))
	}
	if c.tls != nil {
		opts = append(opts, set.tls(c.tls))
	}
	if c.gzip {
		opts = append(opts, set.gzip())
	}
	if c.timeout > 0 {
		opts = append(opts, set.timeout(c.timeout))
	}
	if c.retry != nil {
		opts = append(opts, set.retry(*c.retry))
	}
	return opts
}
