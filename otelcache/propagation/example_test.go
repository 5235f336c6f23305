// SPDX-License-Identifier: Apache-2.0

package propagation_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache/propagation"
)

// requestContext stands for the context that [otelcache.Monitor.StartTransfer] returns.
func requestContext() context.Context {
	sc := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    trace.TraceID{15: 0x0a},
		SpanID:     trace.SpanID{7: 0x0b},
		TraceFlags: trace.FlagsSampled,
	})
	return trace.ContextWithSpanContext(context.Background(), sc)
}

// A protocol that has headers.
func Example_headers() {
	headers := map[string]string{"key": "llama@7"}
	propagation.Inject(requestContext(), headers)

	// At the peer, which gives ctx to ServeTransfer:
	ctx := propagation.Extract(context.Background(), headers)

	fmt.Println(headers["traceparent"])
	fmt.Println(trace.SpanContextFromContext(ctx).TraceID())
	// Output:
	// 00-0000000000000000000000000000000a-000000000000000b-01
	// 0000000000000000000000000000000a
}

// A protocol of frames: the trace is one more frame of the message.
func Example_frames() {
	frames := [][]byte{
		[]byte("get llama@7"),
		propagation.AppendMessage(requestContext(), nil),
	}

	// At the peer, which gives ctx to ServeTransfer:
	ctx := propagation.ExtractMessage(context.Background(), frames[1])

	fmt.Printf("%s\n", frames[1])
	fmt.Println(trace.SpanContextFromContext(ctx).SpanID())
	// Output:
	// 00-0000000000000000000000000000000a-000000000000000b-01
	// 000000000000000b
}
