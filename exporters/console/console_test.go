// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/lmcache-go/lmcache-otel/exporters/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNilWriter(t *testing.T) {
	_, reader := console.NewReader(console.WithWriter(nil))
	_, spans := console.NewSpanExporter(nil, console.WithWriter(nil))
	for _, err := range []error{reader, spans} {
		if err == nil || !strings.Contains(err.Error(), "WithWriter") {
			t.Errorf("a nil writer gave %v", err)
		}
	}
}

func ExampleNewReader() {
	ctx := context.Background()
	var screen bytes.Buffer
	reader, err := console.NewReader(console.WithWriter(&screen))
	if err != nil {
		fmt.Println(err)
		return
	}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	counter, err := mp.Meter("m").Int64Counter("tokens")
	if err != nil {
		fmt.Println(err)
		return
	}
	counter.Add(ctx, 3)
	fmt.Println(mp.Shutdown(ctx), strings.Contains(screen.String(), `"Value":3`))
	// Output: <nil> true
}

func ExampleNewSpanExporter() {
	ctx := context.Background()
	var screen bytes.Buffer
	exporter, err := console.NewSpanExporter(console.WithWriter(&screen))
	if err != nil {
		fmt.Println(err)
		return
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	_, span := tp.Tracer("t").Start(ctx, "lmcache.retrieve")
	span.End()
	var written struct{ Name string }
	fmt.Println(tp.Shutdown(ctx), json.Unmarshal(screen.Bytes(), &written), written.Name)
	// Output: <nil> <nil> lmcache.retrieve
}
