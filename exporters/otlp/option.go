// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/batch"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

// Option configures [NewReader], [NewSpanExporter] and [NewSpanProcessor].
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	protocol    Protocol
	endpoint    string
	headers     map[string]string
	tls         *tls.Config
	gzip        bool
	timeout     time.Duration
	retry       *Retry
	interval    time.Duration
	temporality sdkmetric.TemporalitySelector
	queue       batch.Config
	errs        []error // of options
}

// newConfig checks the options, and the variables that the exporter is going to read.
func newConfig(s otelenv.Signal, opts []Option) (config, error) {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.endpoint != "" {
		if err := otelenv.CheckEndpoint(c.endpoint, otelenv.HTTP); err != nil {
			c.errs = append(c.errs, fmt.Errorf("WithEndpoint: %w", err))
		}
	}
	if err := errors.Join(append(c.errs, s.CheckOTLP(string(c.protocol)))...); err != nil {
		return c, fmt.Errorf("otlp exporter: %w", err)
	}
	if c.protocol == "" {
		c.protocol = Protocol(s.Protocol())
	}
	if c.endpoint == "" && c.tls == nil {
		c.endpoint = s.DefaultEndpoint(string(c.protocol))
	}
	return c, nil
}

func (c config) invalid(option string, value any, allowed string) config {
	c.errs = append(c.errs, fmt.Errorf("%s is %v; allowed: %s", option, value, allowed))
	return c
}

// Protocol is a way to carry OTLP, named as in OTEL_EXPORTER_OTLP_PROTOCOL.
type Protocol string

// The protocols.
const (
	// GRPC is protocol buffers over gRPC, usually on port 4317.
	GRPC Protocol = otelenv.GRPC
	// HTTP is protocol buffers over HTTP, usually on port 4318. It is the default.
	HTTP Protocol = otelenv.HTTP
)

// WithProtocol chooses the protocol.
func WithProtocol(p Protocol) Option {
	return optionFunc(func(c config) config {
		if p != GRPC && p != HTTP {
			return c.invalid("WithProtocol", fmt.Sprintf("%q", p), fmt.Sprintf("%q, %q", GRPC, HTTP))
		}
		c.protocol = p
		return c
	})
}

// WithEndpoint sets where the receiver is, as a URL like http://localhost:4318. With https the connection is encrypted. Over HTTP, /v1/metrics or
// /v1/traces is added to its path, as it is to OTEL_EXPORTER_OTLP_ENDPOINT. The default is OTEL_EXPORTER_OTLP_ENDPOINT (or that of the signal), or
// the specification's: http://localhost:4318, or http://localhost:4317 over gRPC. Where [WithTLS] or a
// variable says something about encryption, the default is https://localhost:4318 or :4317 instead, unless OTEL_EXPORTER_OTLP_INSECURE is true.
func WithEndpoint(url string) Option {
	return optionFunc(func(c config) config {
		if url == "" {
			return c.invalid("WithEndpoint", `""`, "http://host:port or https://host:port")
		}
		c.endpoint = url
		return c
	})
}

// WithHeaders sends headers (over gRPC, metadata) with each request, in place of those of the environment.
func WithHeaders(headers map[string]string) Option {
	headers = maps.Clone(headers)
	return optionFunc(func(c config) config {
		c.headers = headers
		return c
	})
}

// WithTLS sets which authorities are trusted and which certificate the client shows. It needs an https endpoint.
func WithTLS(t *tls.Config) Option {
	return optionFunc(func(c config) config {
		if t == nil {
			return c.invalid("WithTLS", "nil", "a configuration")
		}
		c.tls = t.Clone()
		return c
	})
}

// WithGzip compresses requests.
func WithGzip() Option {
	return optionFunc(func(c config) config {
		c.gzip = true
		return c
	})
}

// WithTimeout bounds an export over gRPC, with its retries, and each request of it over HTTP. The default is 10 s.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c config) config {
		if d <= 0 {
			return c.invalid("WithTimeout", d, "more than 0")
		}
		c.timeout = d
		return c
	})
}

// Retry says how an export that failed for a passing reason is tried again. The zero value does not.
type Retry struct {
	Enabled bool
	// InitialInterval is the wait before the first retry; each later one is longer, at random, up to MaxInterval.
	InitialInterval time.Duration
	MaxInterval     time.Duration
	// MaxElapsedTime is after how long no further retry begins.
	MaxElapsedTime time.Duration
}

// WithRetry changes how exports are retried. The default is after 5 s, at most 30 s apart, for a minute, and never beyond OTEL_BSP_EXPORT_TIMEOUT or
// OTEL_METRIC_EXPORT_TIMEOUT (30 s); nor, over gRPC, beyond the timeout.
func WithRetry(r Retry) Option {
	return optionFunc(func(c config) config {
		if r.Enabled && (r.InitialInterval <= 0 || r.MaxInterval < r.InitialInterval || r.MaxElapsedTime < 0) {
			return c.invalid("WithRetry", fmt.Sprintf("%+v", r), "InitialInterval above 0, MaxInterval not below it, MaxElapsedTime of 0 (no end) or more")
		}
		c.retry = &r
		return c
	})
}

// WithInterval sets how often metrics are sent. The default is OTEL_METRIC_EXPORT_INTERVAL, or 60 s.
func WithInterval(d time.Duration) Option {
	return optionFunc(func(c config) config {
		if d <= 0 {
			return c.invalid("WithInterval", d, "more than 0")
		}
		c.interval = d
		return c
	})
}

// WithTemporality chooses for each kind of instrument whether totals are sent (cumulative) or what came since the last export (delta), for example
// [sdkmetric.DeltaTemporalitySelector]. The default is OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, or cumulative.
func WithTemporality(s sdkmetric.TemporalitySelector) Option {
	return optionFunc(func(c config) config {
		if s == nil {
			return c.invalid("WithTemporality", "nil", "a selector")
		}
		c.temporality = s
		return c
	})
}

// WithQueue sets how many spans may wait to be sent, beyond which they are dropped, and how many are sent at a time. The default is
// OTEL_BSP_MAX_QUEUE_SIZE and OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or 2048 and 512. It concerns [NewSpanProcessor] only.
func WithQueue(spans, batchSize int) Option {
	return optionFunc(func(c config) config {
		if spans < 1 || batchSize < 1 || batchSize > spans {
			return c.invalid("WithQueue", fmt.Sprintf("%d, %d", spans, batchSize), "1 or more, and a batch no larger than the queue")
		}
		c.queue = batch.Config{QueueSize: spans, BatchSize: batchSize}
		return c
	})
}
