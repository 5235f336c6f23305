// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// recordSpans makes every span of the page: finished, failed and abandoned.
func recordSpans(t *testing.T) []sdktrace.ReadWriteSpan {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	engine := otelcache.Engine{ModelName: "m", WorkerID: "0", Role: "worker", ServedModelName: "s"}
	mon, err := otelcache.New(engine, otelcache.WithTracerProvider(tp), otelcache.WithMeterProvider(noop.NewMeterProvider()))
	if err != nil {
		t.Fatal(err)
	}
	defer mon.Close()

	tracer := tp.Tracer("host")
	ctx, root := tracer.Start(t.Context(), "POST /v1/completions")
	redis := func(ctx context.Context, name string) {
		_, span := tracer.Start(ctx, name)
		span.End()
	}
	type phased interface {
		StartPhase(context.Context, otelcache.PhaseName) (context.Context, otelcache.Phase)
	}
	inPhase := func(ctx context.Context, of phased, name otelcache.PhaseName, work func(context.Context)) {
		ctx, phase := of.StartPhase(ctx, name)
		phase.SetBytes(1)
		phase.SetChunks(1)
		if work != nil {
			work(ctx)
		}
		phase.End()
	}

	_, lookup := mon.StartLookup(ctx, 2)
	lookup.SetRequestID("1")
	lookup.Finish(1)

	rctx, retrieve := mon.StartRetrieve(ctx, 2)
	retrieve.SetRequestID("1")
	inPhase(rctx, retrieve, otelcache.ProcessTokens, nil)
	inPhase(rctx, retrieve, otelcache.RemoteBatchedGet, func(ctx context.Context) {
		inPhase(ctx, retrieve, otelcache.ConnectorBatchedGet, func(ctx context.Context) {
			ctx, get := mon.StartRemoteGet(ctx)
			get.SetRequestID("1")
			redis(ctx, "mget")
			get.Finish(1)
		})
	})
	inPhase(rctx, retrieve, otelcache.Broadcast, nil)
	inPhase(rctx, retrieve, otelcache.ToGPU, nil)
	retrieve.Finish(1)

	sctx, store := mon.StartStore(ctx, 2)
	store.SetRequestID("1")
	inPhase(sctx, store, otelcache.ProcessTokens, nil)
	inPhase(sctx, store, otelcache.FromGPU, nil)
	inPhase(sctx, store, otelcache.Put, func(ctx context.Context) {
		ctx, put := mon.StartRemotePut(ctx)
		put.SetRequestID("1")
		redis(ctx, "mset")
		put.Finish(1)
	})
	store.Finish(1)
	root.End()

	tctx, transfer := mon.StartTransfer(t.Context(), 2, "peer")
	transfer.SetRequestID("1")
	_, served := mon.ServeTransfer(tctx, 2, "peer")
	served.Finish()
	transfer.Finish()

	failure := errors.New("failed")
	recordTierSpans(t, tp, redis, failure)
	_, lookup = mon.StartLookup(t.Context(), 2)
	lookup.Fail(failure)
	_, retrieve = mon.StartRetrieve(t.Context(), 2)
	retrieve.Fail(failure)
	_, store = mon.StartStore(t.Context(), 2)
	store.Fail(failure)
	_, transfer = mon.StartTransfer(t.Context(), 2, "")
	transfer.Fail(failure)
	_, get := mon.StartRemoteGet(t.Context())
	get.Fail(failure)
	_, put := mon.StartRemotePut(t.Context())
	put.Fail(failure)

	// With a parent elsewhere, these are no trees of their own.
	ctx = elsewhere(t)
	abandon(mon.StartLookup(ctx, 2))
	abandon(mon.StartRetrieve(ctx, 2))
	abandon(mon.StartStore(ctx, 2))
	abandon(mon.StartTransfer(ctx, 2, ""))
	abandon(mon.StartRemoteGet(ctx))
	abandon(mon.StartRemotePut(ctx))
	return recorder.Started()
}

// recordTierSpans makes the spans of tiers.
func recordTierSpans(t *testing.T, tp trace.TracerProvider, redis func(context.Context, string), failure error) {
	t.Helper()
	engine := otelcache.Engine{ModelName: "m", WorkerID: "1", Role: "worker", ServedModelName: "s"}
	mon, err := otelcache.New(engine, otelcache.WithTracerProvider(tp), otelcache.WithMeterProvider(noop.NewMeterProvider()),
		otelcache.WithTiers(otelcache.CPU("memory"), otelcache.Disk("nvme"), otelcache.Remote("redis")))
	if err != nil {
		t.Fatal(err)
	}
	defer mon.Close()
	memory, remote := mon.Tier("memory"), mon.Tier("redis")

	tracer := tp.Tracer("host")
	ctx, root := tracer.Start(t.Context(), "POST /v1/completions")
	rctx, retrieve := mon.StartRetrieve(ctx, 2)
	tctx, read := remote.StartRead(rctx, 2, otelcache.WithKeys(1))
	read.SetRequestID("1")
	redis(tctx, "mget")
	read.Finish(2, 1)
	_, move := memory.StartMove(rctx, "nvme", 2, otelcache.WithKeys(1))
	move.Finish(2, 1)
	memory.Evict(rctx, 1, 1, otelcache.Capacity)
	retrieve.Finish(0)
	sctx, store := mon.StartStore(ctx, 2)
	_, write := memory.StartWrite(sctx, 2)
	write.SetRequestID("1")
	write.Finish(2, 1)
	store.Finish(2)
	root.End()

	tctx, read = remote.StartRead(t.Context(), 2, otelcache.WithLinks(trace.LinkFromContext(ctx)))
	redis(tctx, "mget")
	read.Finish(2, 1)

	// With a parent elsewhere, these are no trees of their own.
	ctx, span := tracer.Start(elsewhere(t), "maintenance")
	defer span.End()
	_, read = memory.StartRead(ctx, 2)
	read.Fail(failure)
	_, write = memory.StartWrite(ctx, 2)
	write.Fail(failure)
	abandon(memory.StartRead(ctx, 2))
	abandon(memory.StartWrite(ctx, 2))
	mon.Clear(ctx)
}

// elsewhere returns a context with a span of another process.
func elsewhere(t *testing.T) context.Context {
	return trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
}

// abandon enters more phases than an operation has spans for, and abandons it.
func abandon(ctx context.Context, o interface {
	StartPhase(context.Context, otelcache.PhaseName) (context.Context, otelcache.Phase)
	Abandon()
},
) {
	own, err := otelcache.NewPhase("verify_checksums")
	if err != nil {
		panic(err)
	}
	for range 33 {
		_, phase := o.StartPhase(ctx, own)
		phase.SetBytes(1)
		phase.SetChunks(1)
		phase.End()
	}
	o.Abandon()
}

func TestTreesAreReal(t *testing.T) {
	spans := recordSpans(t)
	var got []string
	for _, span := range spans {
		if !span.Parent().IsValid() && span.Status().Description == "" {
			var tree strings.Builder
			writeTree(&tree, spans, span, "", "")
			got = append(got, tree.String())
		}
	}
	if want := trees(t, "spans.md"); !slices.Equal(got, want) {
		t.Errorf("recorded:\n%s\non the page:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := trees(t, "../README.md"); !slices.Equal(got[:1], want) {
		t.Errorf("recorded:\n%s\nin README:\n%s", got[0], strings.Join(want, "\n"))
	}
}

// trees returns the pictures of traces on a page, without the remarks beside them.
func trees(t *testing.T, page string) []string {
	t.Helper()
	var list []string
	for _, block := range regexp.MustCompile("(?s)```text\n(.*?)```").FindAllStringSubmatch(readPage(t, page), -1) {
		if !strings.Contains(block[1], "└──") {
			continue
		}
		var tree strings.Builder
		for line := range strings.Lines(block[1]) {
			for _, remark := range []string{"the caller's span", "the Redis client's span", ", in the peer's process", ", linked to the requests"} {
				line = strings.Replace(line, remark, "", 1)
			}
			tree.WriteString(regexp.MustCompile(` +(\w+)?\n`).ReplaceAllString(line, " $1\n"))
		}
		list = append(list, strings.ReplaceAll(tree.String(), " \n", "\n"))
	}
	return list
}

func writeTree(out *strings.Builder, spans []sdktrace.ReadWriteSpan, span sdktrace.ReadWriteSpan, first, rest string) {
	out.WriteString(first + span.Name())
	if kind := span.SpanKind(); kind != trace.SpanKindInternal {
		out.WriteString(" " + kind.String())
	}
	out.WriteString("\n")
	var children []sdktrace.ReadWriteSpan
	for _, s := range spans {
		if s.Parent().SpanID() == span.SpanContext().SpanID() {
			children = append(children, s)
		}
	}
	for i, child := range children {
		if i == len(children)-1 {
			writeTree(out, spans, child, rest+"└── ", rest+"    ")
		} else {
			writeTree(out, spans, child, rest+"├── ", rest+"│   ")
		}
	}
}

// TestAttributesAreReal compares the table of attributes with what the spans have: each attribute with its type on exactly the spans that the
// table names.
func TestAttributesAreReal(t *testing.T) {
	types := map[attribute.Type]string{attribute.STRING: "string", attribute.INT64: "int", attribute.FLOAT64: "double", attribute.BOOL: "bool"}
	phase := func(name string) bool { return !strings.Contains(name, ".") }
	event := func(name string) bool { return name == "lmcache.tier.evict" || name == "lmcache.tier.clear" }
	got := map[string]bool{}
	names := map[string]bool{}
	for _, span := range recordSpans(t) {
		if span.InstrumentationScope().Name == "host" {
			continue
		}
		names[span.Name()] = true
		for _, kv := range span.Attributes() {
			got[string(kv.Key)+" "+types[kv.Value.Type()]+" "+span.Name()] = true
		}
	}

	want := map[string]bool{}
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\| (string|int|double|bool) \\| ([^|]+) \\|")
	for _, m := range row.FindAllStringSubmatch(readPage(t, "spans.md"), -1) {
		for on := range strings.SplitSeq(m[3], ", ") {
			for name := range names {
				if on == "every operation" && !phase(name) && !event(name) || on == "every event of a tier" && event(name) || on == "every phase" && phase(name) || on == "`"+name+"`" {
					want[m[1]+" "+m[2]+" "+name] = true
				}
			}
		}
	}
	if len(want) == 0 {
		t.Fatal("no table of attributes on the page")
	}
	for _, missing := range slices.Sorted(maps.Keys(want)) {
		if !got[missing] {
			t.Errorf("on the page only: %s", missing)
		}
	}
	for _, missing := range slices.Sorted(maps.Keys(got)) {
		if !want[missing] {
			t.Errorf("not on the page: %s", missing)
		}
	}
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
