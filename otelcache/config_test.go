// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

func manyAttributes(n int) (attrs []attribute.KeyValue) {
	for i := range n {
		attrs = append(attrs, attribute.Int(fmt.Sprint("key", i), i))
	}
	return attrs
}

// TestWithAttributes checks every data point and every span of everything that can
// happen, failures and phases of the host's own included.
func TestWithAttributes(t *testing.T) {
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			tel := newTelemetry(t, append(feedOptions, otelcache.WithAttributes(attribute.String("tenant", "t")),
				otelcache.WithAttributes(attribute.Int("shard", 7)))...)
			f.feed(context.Background(), tel.Monitor)
			identity := attribute.NewSet(append(testIdentity.ToSlice(), attribute.String("tenant", "t"), attribute.Int("shard", 7))...)
			got := pointsOf(t, collect(t, tel.reader), identity)
			maps.DeleteFunc(got, func(name, value string) bool { return value == "0" && f.want[name] != "0" })
			wantPoints(t, got, f.want)
			for _, s := range tel.spans.Ended() {
				besides(t, "span "+s.Name(), attribute.NewSet(s.Attributes()...), identity)
			}
		})
	}
}

// TestEnginesThatDifferInAttributesAlone have monitors of their own.
func TestEnginesThatDifferInAttributesAlone(t *testing.T) {
	r := sdkmetric.NewManualReader()
	mp := otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(r)))
	tenant := func(name string) otelcache.Option { return otelcache.WithAttributes(attribute.String("tenant", name)) }
	openMonitor(t, testEngine, mp, tenant("a")).RecordEviction(1)
	openMonitor(t, testEngine, mp, tenant("b")).RecordEviction(2)
	openMonitor(t, testEngine, mp, otelcache.WithAttributes(manyAttributes(8)...)).RecordEviction(4)
	_, err := otelcache.New(testEngine, mp, tenant("a"))
	wantError(t, err, otelcache.ErrEngineLive)
	got := pointsOf(t, collect(t, r), testIdentity)
	for attrs, want := range map[string]string{
		"tenant=a": "1", "tenant=b": "2", "key0=0 key1=1 key2=2 key3=3 key4=4 key5=5 key6=6 key7=7": "4",
	} {
		if n := got["lmcache.local_cpu.evicted_keys{"+attrs+"}"]; n != want {
			t.Errorf("%s has %q keys, want %s", attrs, n, want)
		}
	}
}

func TestInvalidOptions(t *testing.T) {
	var failed *sdktrace.TracerProvider
	for _, c := range []struct {
		name  string
		opt   otelcache.Option
		words []string
	}{
		{"nil meter provider", otelcache.WithMeterProvider(nil), []string{"WithMeterProvider", "want a provider"}},
		{"nil tracer provider", otelcache.WithTracerProvider(nil), []string{"WithTracerProvider", "want a provider"}},
		{"nil pointer", otelcache.WithTracerProvider(failed), []string{"WithTracerProvider", "want a provider"}},
		{"nil logger", otelcache.WithLogger(nil), []string{"WithLogger", "want a logger"}},
		{"slow 0", otelcache.WithSlowRetrieve(0), []string{"WithSlowRetrieve(0s)", "positive"}},
		{"slow NaN", otelcache.WithSlowRetrieveSpeed(math.NaN()), []string{"WithSlowRetrieveSpeed(NaN)", "positive"}},
		{"slow infinite", otelcache.WithSlowRetrieveSpeed(math.Inf(1)), []string{"WithSlowRetrieveSpeed(+Inf)", "finite"}},
		{"nil error type", otelcache.WithErrorType(nil), []string{"WithErrorType", "want a function"}},
		{"attribute without a key", otelcache.WithAttributes(attribute.String("", "a")), []string{"WithAttributes", `""`, "want one"}},
		{"attribute of the model", otelcache.WithAttributes(everyAttribute, attribute.String("gen_ai.request.model", "a")), []string{"WithAttributes", "gen_ai.request.model"}},
		{"attribute of the worker", otelcache.WithAttributes(attribute.String("lmcache.worker.id", "a")), []string{"WithAttributes", "lmcache.worker.id"}},
		{"attribute of the role", otelcache.WithAttributes(attribute.String("lmcache.role", "a")), []string{"WithAttributes", "lmcache.role"}},
		{"attribute of the served model", otelcache.WithAttributes(attribute.String("lmcache.served_model.name", "a")), []string{"WithAttributes", "lmcache.served_model.name"}},
		{"nine attributes", otelcache.WithAttributes(manyAttributes(9)...), []string{"WithAttributes", "9 attributes", "at most 8"}},
		{"interval", otelcache.WithHitRateInterval(-time.Second), []string{"WithHitRateInterval(-1s)", "positive"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := otelcache.New(testEngine, c.opt, otelcache.WithHitRateInterval(-5))
			wantError(t, err, otelcache.ErrInvalidOption, append(c.words, "-5ns")...) // all mistakes at once
		})
	}
	if m, err := otelcache.GetOrCreate(otelcache.Engine{Role: "optional"}, nil); err != nil {
		t.Errorf("a nil option is refused: %v", err)
	} else {
		closeMonitor(t, m)
	}
}
