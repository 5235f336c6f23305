// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/internal/tlstest"
)

func TestBadEnvironment(t *testing.T) {
	authority := tlstest.NewAuthority(t)
	_, certificate, key := authority.Issue(t, "client")
	_, _, otherKey := authority.Issue(t, "other")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	type variables = map[string]string
	harmless := []string{"https://h:1", "http://h:1", "otlp", "console", "prometheus", "grpc", "traceidratio", "parentbased_traceidratio"}
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for name, test := range map[string]struct {
		set  variables
		want []string // beside the names of set
	}{
		"unknown exporter of metrics":  {variables{"OTEL_METRICS_EXPORTER": "graphite"}, []string{"graphite", "otlp", "console", "prometheus", "none"}},
		"unknown exporter of traces":   {variables{"OTEL_TRACES_EXPORTER": "zipkin"}, []string{"zipkin", "otlp", "console", "none"}},
		"metrics started before that":  {variables{"OTEL_METRICS_EXPORTER": "console", "OTEL_TRACES_EXPORTER": "zipkin"}, []string{"zipkin"}},
		"prometheus in a list":         {variables{"OTEL_METRICS_EXPORTER": "otlp,prometheus"}, []string{"prometheus", "a list of otlp and console"}},
		"an exporter twice":            {variables{"OTEL_TRACES_EXPORTER": "otlp,otlp"}, []string{"twice"}},
		"none beside others":           {variables{"OTEL_TRACES_EXPORTER": "none,otlp"}, []string{"none"}},
		"empty place in a list":        {variables{"OTEL_TRACES_EXPORTER": "otlp,"}, []string{`""`}},
		"endpoint without scheme":      {variables{endpoint: "localhost"}, []string{"http://host:port"}},
		"endpoint that is no URL":      {variables{endpoint: "http://[::1"}, []string{"http://host:port"}},
		"endpoint with IP and no URL":  {variables{endpoint: "127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, []string{"name:port"}},
		"endpoint without host":        {variables{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://"}, []string{"http://host:port"}},
		"endpoint with a strange port": {variables{endpoint: "http://h:99999"}, []string{"http://host:port"}},
		"endpoint of another protocol": {variables{endpoint: "ftp://h:1"}, []string{"http://host:port"}},
		"unknown protocol": {
			variables{"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/json"},
			[]string{"http/json", "grpc, http/protobuf"},
		},
		"missing authority": {
			variables{endpoint: "https://h:1", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/no/such.pem"},
			[]string{"/no/such.pem", "PEM"},
		},
		"authority without certificate": {variables{endpoint: "https://h:1", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": empty}, []string{"no certificate"}},
		"certificate without key": {
			variables{endpoint: "https://h:1", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certificate},
			[]string{"OTEL_EXPORTER_OTLP_CLIENT_KEY", "both or neither"},
		},
		"key of another certificate": {
			variables{endpoint: "https://h:1", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certificate, "OTEL_EXPORTER_OTLP_CLIENT_KEY": otherKey},
			nil,
		},
		"missing client certificate": {
			variables{endpoint: "https://h:1", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/no/such.pem", "OTEL_EXPORTER_OTLP_CLIENT_KEY": key},
			[]string{"/no/such.pem"},
		},
		"header without value": {variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_HEADERS": "secret"}, []string{"entry 1", "name=value"}},
		"header with a bad name": {
			variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "a=b,c d=secret"},
			[]string{"entry 2", "c d"},
		},
		"header with a bad escape": {variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_HEADERS": "a=secret%zz"}, []string{"percent-encod"}},
		"timeout with a unit":      {variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, []string{"10s", "milliseconds"}},
		"timeout below zero":       {variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "-1"}, []string{"-1", "milliseconds"}},
		"unknown compression":      {variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd"}, []string{"zstd", "gzip, none"}},
		"insecure is no bool":      {variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_INSECURE": "yes"}, []string{"yes", "true, false"}},
		"unknown temporality": {
			variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "both"},
			[]string{"cumulative, delta, lowmemory"},
		},
		"unknown histogram aggregation": {
			variables{endpoint: "http://h:1", "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "t-digest"},
			[]string{"base2_exponential_bucket_histogram"},
		},
		"unknown sampler": {
			variables{endpoint: "http://h:1", "OTEL_TRACES_SAMPLER": "sometimes"},
			[]string{"sometimes", "parentbased_traceidratio"},
		},
		"ratio out of range": {
			variables{endpoint: "http://h:1", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.5"},
			[]string{"1.5", "from 0 to 1"},
		},
		"ratio that is no number": {
			variables{endpoint: "http://h:1", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "nan"},
			[]string{"nan", "from 0 to 1"},
		},
		"queue of no size":              {variables{endpoint: "http://h:1", "OTEL_BSP_MAX_QUEUE_SIZE": "0"}, []string{"spans"}},
		"delay that is no number":       {variables{endpoint: "http://h:1", "OTEL_BSP_SCHEDULE_DELAY": "soon"}, []string{"soon", "milliseconds"}},
		"interval that is no number":    {variables{endpoint: "http://h:1", "OTEL_METRIC_EXPORT_INTERVAL": "1m"}, []string{"1m", "milliseconds"}},
		"interval of zero":              {variables{endpoint: "http://h:1", "OTEL_METRIC_EXPORT_INTERVAL": "0"}, []string{"milliseconds"}},
		"unknown exemplar filter":       {variables{endpoint: "http://h:1", "OTEL_METRICS_EXEMPLAR_FILTER": "some"}, []string{"trace_based"}},
		"limit that is no number":       {variables{endpoint: "http://h:1", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many"}, []string{"many"}},
		"resource attribute":            {variables{"OTEL_RESOURCE_ATTRIBUTES": "a=b,c"}, []string{"entry 2", "key=value"}},
		"resource attribute escape":     {variables{"OTEL_RESOURCE_ATTRIBUTES": "a=%zz"}, []string{"percent-encoded"}},
		"unknown propagator":            {variables{"OTEL_PROPAGATORS": "pigeon"}, []string{"pigeon", "tracecontext"}},
		"disabled is no bool":           {variables{"OTEL_SDK_DISABLED": "1"}, []string{"true, false"}},
		"port of the Prometheus server": {variables{"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "http"}, []string{"port"}},
		"two mistakes":                  {variables{endpoint: "nowhere", "OTEL_TRACES_SAMPLER": "sometimes"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent()) // what began is ended again
			environment(t, test.set)
			p, err := auto.New(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			if p != nil {
				t.Error("a pipeline beside an error")
			}
			for variable, value := range test.set {
				if !slices.Contains(harmless, value) && !strings.Contains(err.Error(), variable) {
					t.Errorf("%q does not name %s", err, variable)
				}
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q tells the secret", err)
			}
		})
	}
}

// A variable that nobody is going to read may be anything.
func TestUnreadVariables(t *testing.T) {
	environment(t, map[string]string{
		"OTEL_EXPORTER_OTLP_PROTOCOL": "nonsense", "OTEL_TRACES_SAMPLER": "nonsense", "OTEL_METRIC_EXPORT_INTERVAL": "nonsense",
	})
	if _, err := auto.New(t.Context()); err != nil {
		t.Error(err)
	}
}

// One error names every mistake, and each once, though both signals read some of the variables.
func TestEveryMistakeOnce(t *testing.T) {
	environment(t, map[string]string{
		"OTEL_METRICS_EXPORTER": "graphite", "OTEL_TRACES_EXPORTER": "zipkin", "OTEL_SDK_DISABLED": "perhaps",
		"OTEL_METRIC_EXPORT_INTERVAL": "1m", "OTEL_TRACES_SAMPLER": "sometimes", "OTEL_PROPAGATORS": "pigeon",
	})
	once(t, "graphite", "zipkin", "perhaps", "1m", "sometimes", "pigeon")
	environment(t, map[string]string{
		"OTEL_METRICS_EXPORTER": "otlp", "OTEL_TRACES_EXPORTER": "otlp",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
	})
	once(t, "nowhere", "http/json")
}

func once(t *testing.T, values ...string) {
	t.Helper()
	_, err := auto.New(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	for _, value := range values {
		if n := strings.Count(err.Error(), value); n != 1 {
			t.Errorf("%q names %q %d times, want once", err, value, n)
		}
	}
}

func TestTakenPort(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	environment(t, map[string]string{
		"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_HOST": "127.0.0.1", "OTEL_EXPORTER_PROMETHEUS_PORT": port,
	})
	_, err = auto.New(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"starting the prometheus exporter: ", "; OTEL_EXPORTER_PROMETHEUS_PORT chooses another port"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
