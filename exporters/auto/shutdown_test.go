// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
)

const patience = 300 * time.Millisecond

// within checks that a call with a context of limited time returns with it.
func within(t *testing.T, name string, call func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	started := time.Now()
	err := call(ctx)
	if d := time.Since(started); d > patience+time.Second {
		t.Errorf("%s took %v, its context %v", name, d, patience)
	}
	return err
}

// An exporter that hangs takes neither more time than there is, nor that of
// the others.
func TestEndsWithItsContext(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		for name, endpoint := range map[string]string{
			"unreachable": "http://127.0.0.1:" + freePort(t, "127.0.0.1"), "black hole": blackHole(t),
		} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				collectReports(t)
				variables{
					"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
					"OTEL_BSP_EXPORT_TIMEOUT": "500", // how long it goes on after Shutdown
				}.set(t)
				var screen bytes.Buffer
				own, err := stdoutmetric.New(stdoutmetric.WithWriter(&screen))
				if err != nil {
					t.Fatal(err)
				}
				p := start(t, auto.WithReader(sdkmetric.NewPeriodicReader(own)))
				record(t, p)
				if err := within(t, "ForceFlush", p.ForceFlush); err == nil || !strings.Contains(err.Error(), "flush traces: ") {
					t.Errorf("ForceFlush gave %v, want an error about traces", err)
				}
				record(t, p)
				if err := within(t, "Shutdown", p.Shutdown); err == nil || !strings.Contains(err.Error(), "shut down metrics: ") {
					t.Errorf("Shutdown gave %v, want an error about metrics", err)
				}
				if got := screen.String(); !strings.Contains(got, `"Value":3`) || !strings.Contains(got, `"Value":6`) {
					t.Errorf("the host's exporter printed %s, want 3 tokens and 6", got)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Errorf("the second Shutdown gave %v", err)
				}
			})
		}
	}
}

// A callback of the host that hangs is not waited for either.
func TestDoesNotWaitForCallbacks(t *testing.T) {
	collectReports(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", httpReceiver(t).url)
	p := start(t)
	release := make(chan struct{})
	defer close(release)
	if _, err := p.MeterProvider().Meter("host").Int64ObservableGauge("stuck",
		metric.WithInt64Callback(func(context.Context, metric.Int64Observer) error {
			<-release
			return nil
		})); err != nil {
		t.Fatal(err)
	}
	if err := within(t, "Shutdown", p.Shutdown); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown gave %v, want the end of its context", err)
	}
}

// blackHole returns the URL of a listener that accepts and never answers.
func blackHole(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // connections that nobody accepted end with it
	return "http://" + l.Addr().String()
}

// freePort returns a port on which nothing listens.
func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no %s here: %v", host, err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
