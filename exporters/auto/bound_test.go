// SPDX-License-Identifier: Apache-2.0

package auto_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/lmcache-go/lmcache-otel/exporters/auto"
	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/manual"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// script records what has the same value whenever it runs, on two engines, and
// something of the host's.
func script(t *testing.T, mp metric.MeterProvider) {
	t.Helper()
	// Of a span, only what is once in its series: of several in a bucket, the SDK
	// chooses the exemplar at random.
	sampled := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
	start := time.Now().Add(-time.Hour)
	for i, model := range []string{"llama", "mistral"} {
		mon, err := otelcache.New(otelcache.Engine{ModelName: model, WorkerID: "7"}, otelcache.WithMeterProvider(mp))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := mon.Close(); err != nil {
				t.Error(err)
			}
		})
		for n := range 3 * (i + 1) {
			ctx := t.Context()
			if n == 1 {
				ctx = sampled
			}
			r := otelcache.Record{
				Start: start, End: start.Add(time.Duration(n+1) * 7 * time.Millisecond), Tokens: 1000, Hits: 150 * n, Stored: 100,
				Phases: []otelcache.PhaseRecord{{Name: otelcache.ProcessTokens, Start: start, End: start.Add(time.Millisecond)}},
			}
			mon.RecordRetrieve(ctx, r)
			mon.RecordStore(ctx, r)
			r.Phases = nil
			mon.RecordLookup(ctx, r)
			r.Err = errors.New("lost")
			mon.RecordLookup(ctx, r)
		}
		mon.RecordRemoteGetTime(sampled, 12*time.Millisecond)
		mon.RecordRemoteRead(1 << 20)
		mon.SetLocalCacheUsage(1 << 30)
		mon.AddPinnedObjects(3)
		if _, err := mon.Observe(instruments.Healthy, func() float64 { return 1 }); err != nil {
			t.Fatal(err)
		}
	}
	own, err := mp.Meter("host").Int64Counter("host.requests")
	if err != nil {
		t.Fatal(err)
	}
	own.Add(sampled, 3)
}

// views of every sort that both kinds of instruments have.
var views = []sdkmetric.View{
	sdkmetric.NewView(sdkmetric.Instrument{Name: "lmcache.retrieve.duration"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0.01, 0.02}}}),
	sdkmetric.NewView(sdkmetric.Instrument{Name: "lmcache.store.*"},
		sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter(instruments.WorkerIDKey)}),
	sdkmetric.NewView(sdkmetric.Instrument{Name: "lmcache.lookup.duration"}, sdkmetric.Stream{Name: "lookups"}),
	sdkmetric.NewView(sdkmetric.Instrument{Name: "lmcache.retrieve.speed"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}}),
}

// push runs the script through a pipeline.
func push(t *testing.T, opts ...auto.Option) {
	t.Helper()
	p := start(t, append(opts, auto.WithViews(views...))...)
	script(t, p.MeterProvider())
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestBoundOverOTLP: with bound instruments, a collector receives what it
// receives with the SDK's.
func TestBoundOverOTLP(t *testing.T) {
	for protocol, newReceiver := range receivers {
		for _, exporter := range []string{"", "otlp", "otlp,console"} {
			t.Run(protocol+" "+exporter, func(t *testing.T) {
				captureStdout(t, func() {
					variables{
						"OTEL_METRICS_EXPORTER": exporter, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
						"OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=0",
					}.set(t)
					export := func(opts ...auto.Option) string {
						r := newReceiver(t)
						t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", r.url+map[bool]string{true: "/v1/metrics"}[protocol != "grpc"])
						push(t, opts...)
						text, err := protojson.Marshal(r.metrics)
						if err != nil {
							t.Fatal(err)
						}
						return normalize(t, text)
					}
					want, got := export(), export(auto.WithBound(bound.New(bound.WithViews(views...))))
					compare(t, got, want)
				})
			})
		}
	}
}

// compare holds what bound instruments gave against what the SDK's did.
func compare(t *testing.T, got, want string) {
	t.Helper()
	for _, name := range []string{
		"host.requests", "lmcache.retrieve.duration", "lookups", "error.type", "lmcache.local_cache.usage", "xemplars",
	} {
		if !strings.Contains(want, name) {
			t.Errorf("there is no %s", name)
		}
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Errorf("with bound instruments, line %d is different: …\n%s\nwith the SDK's: …\n%s",
				i, strings.Join(gotLines[max(i-20, 0):i+1], "\n"), strings.Join(wantLines[max(i-20, 0):i+1], "\n"))
			return
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("with bound instruments, %d lines, want %d", len(gotLines), len(wantLines))
	}
}

// TestBoundOnTheConsole: the console shows what it shows with the SDK's
// instruments.
func TestBoundOnTheConsole(t *testing.T) {
	variables{"OTEL_METRICS_EXPORTER": "console", "OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=0"}.set(t)
	show := func(opts ...auto.Option) string {
		return normalize(t, captureStdout(t, func() { push(t, opts...) }))
	}
	want, got := show(), show(auto.WithBound(bound.New(bound.WithViews(views...))))
	compare(t, got, want)
}

// normalize writes JSON without times, with rounded sums and objects in order.
func normalize(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(normalized(v), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func normalized(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			switch key {
			case "Time", "StartTime", "timeUnixNano", "startTimeUnixNano":
				delete(v, key)
				continue
			}
			v[key] = normalized(v[key])
			if sum, ok := v[key].(float64); ok {
				v[key] = math.Round(sum*1e9) / 1e9
			}
		}
	case []any:
		for i := range v {
			v[i] = normalized(v[i])
		}
		if len(v) > 0 {
			if _, ok := v[0].(map[string]any); ok {
				slices.SortFunc(v, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
		}
	}
	return v
}

// captureStdout returns what f writes to stdout.
func captureStdout(t *testing.T, f func()) []byte {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	read := make(chan []byte)
	go func() {
		text, err := io.ReadAll(r)
		if err != nil {
			t.Error(err)
		}
		read <- text
	}()
	func() {
		defer func() {
			os.Stdout = stdout
			w.Close()
		}()
		f()
	}()
	return <-read
}

// TestBoundForOwnReaders: a reader of the host that has the producer gets
// everything, with a file that has no metrics, too. Without the producer it has
// the host's metrics alone.
func TestBoundForOwnReaders(t *testing.T) {
	for name, yaml := range map[string]string{"environment": "", "file": "file_format: \"1.0\"\n"} {
		t.Run(name, func(t *testing.T) {
			if yaml != "" {
				configure(t, yaml)
			}
			b := bound.New()
			own, lacking := manual.NewReader(sdkmetric.WithProducer(b)), manual.NewReader()
			p := start(t, auto.WithReader(own), auto.WithReader(lacking), auto.WithBound(b))
			script(t, p.MeterProvider())
			if got, err := own.Value(t.Context(), instruments.LookupRequests); err != nil || got != 18 {
				t.Errorf("%v lookups (%v), want 18", got, err)
			}
			if got, _ := total(t, own, "host.requests", ""); got != 3 {
				t.Errorf("%v requests of the host, want 3", got)
			}
			if got, err := lacking.Value(t.Context(), instruments.LookupRequests); err == nil {
				t.Errorf("a reader without the producer has %v lookups", got)
			}
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBoundRefused: a reader that cannot have the producer, or not in the way
// that it wants, is told of, and all have the SDK's instruments.
func TestBoundRefused(t *testing.T) {
	registerReader()
	for name, test := range map[string]struct {
		set  variables
		file string
		want string
	}{
		"delta": {
			set: variables{"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"}, want: "TEMPORALITY_PREFERENCE",
		},
		"low memory": {
			set: variables{
				"OTEL_METRICS_EXPORTER":                             "console,otlp",
				"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "LowMemory",
			},
			want: "TEMPORALITY_PREFERENCE",
		},
		"exponential": {
			set:  variables{"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram"},
			want: "DEFAULT_HISTOGRAM_AGGREGATION",
		},
		"producers": {set: variables{"OTEL_METRICS_PRODUCERS": "prometheus"}, want: "OTEL_METRICS_PRODUCERS"},
		"prometheus": {
			set: variables{
				"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": freePort(t, "localhost"),
			},
			want: "OTEL_METRICS_EXPORTER",
		},
		"registered": {set: variables{"OTEL_METRICS_EXPORTER": "registered"}, want: "OTEL_METRICS_EXPORTER"},
		"file":       {file: "file_format: \"1.0\"\nmeter_provider: {readers: []}\n", want: "OTEL_CONFIG_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			collectReports(t)
			r := grpcReceiver(t)
			variables{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": r.url, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}.set(t)
			test.set.set(t)
			if test.file != "" {
				configure(t, test.file)
			}
			captureStdout(t, func() {
				b := bound.New()
				own := manual.NewReader(sdkmetric.WithProducer(b))
				p, err := auto.New(t.Context(), auto.WithBound(b), auto.WithReader(own))
				if err == nil || strings.Count(err.Error(), "WithBound: ") != 1 || !strings.Contains(err.Error(), test.want) {
					t.Errorf("the error is %v, want one of WithBound with %s in it", err, test.want)
				}
				script(t, p.MeterProvider())
				if got, err := own.Value(t.Context(), instruments.LookupRequests); err != nil || got != 18 {
					t.Errorf("%v lookups (%v), want 18", got, err)
				}
				if scopes, err := b.Produce(t.Context()); err != nil || len(scopes) > 0 {
					t.Errorf("the producer has %v (%v), want nothing", scopes, err)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestBoundAccepted: settings that ask for what bound instruments are.
func TestBoundAccepted(t *testing.T) {
	r := grpcReceiver(t)
	for name, set := range map[string]variables{
		"no producers": {"OTEL_METRICS_PRODUCERS": "none"},
		"cumulative": {
			"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE":        "cumulative",
			"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "explicit_bucket_histogram",
		},
		"none":     {"OTEL_METRICS_EXPORTER": "none", "OTEL_METRICS_PRODUCERS": "prometheus"},
		"disabled": {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"},
	} {
		t.Run(name, func(t *testing.T) {
			variables{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": r.url, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}.set(t)
			set.set(t)
			b := bound.New()
			p := start(t, auto.WithBound(b))
			script(t, p.MeterProvider())
			scopes, err := b.Produce(t.Context())
			if isRead := name != "none" && name != "disabled"; err != nil || (len(scopes) > 0) != isRead {
				t.Errorf("the producer has %d scopes (%v), want some: %t", len(scopes), err, isRead)
			}
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// registerReader registers an exporter of the host with autoexport.
var registerReader = func() func() {
	registered := false
	return func() {
		if !registered {
			registered = true
			autoexport.RegisterMetricReader("registered", func(context.Context) (sdkmetric.Reader, error) {
				return sdkmetric.NewManualReader(), nil
			})
		}
	}
}()
