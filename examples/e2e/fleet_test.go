// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// decisionWait is how long the gateways of the tests collect a trace. It must be more than the agents' batches need.
const decisionWait = "DECISION_WAIT=3s"

// TestFleetSampling sends traces of two nodes through their agents to two gateways. Each trace begins on one node, and its p2p transfer
// is served by the other. Of each trace that is kept both halves must come out, at the gateway for its trace id; of the others nothing.
func TestFleetSampling(t *testing.T) {
	var behind [2]*collector // what each gateway writes to
	var gateways [2]*deployed
	for i := range gateways {
		behind[i] = startCollector(t)
		gateways[i] = startDeployed(t, "fleet-gateway.yaml",
			"TRACES_ENDPOINT="+behind[i].grpc, "SLOW_RETRIEVE=500ms", "KEEP_PERCENT=0", decisionWait)
	}
	var agents [2]*deployed
	var nodes [2]node
	for i := range agents {
		agents[i] = startDeployed(t, "fleet-agent.yaml", "GATEWAY_0="+gateways[0].grpc, "GATEWAY_1="+gateways[1].grpc)
		nodes[i] = newNode(t, fmt.Sprintf("node-%d", i), agents[i].grpc)
	}

	type kind struct {
		retrieve time.Duration
		failed   bool
	}
	kinds := map[string]kind{
		"fast":   {retrieve: 499 * time.Millisecond},
		"slow":   {retrieve: 501 * time.Millisecond},
		"failed": {retrieve: time.Millisecond, failed: true},
	}
	const each = 20 // traces of a kind
	var kept [2][]string
	for _, name := range []string{"fast", "slow", "failed"} {
		for i := range each {
			from, to := nodes[i%2], nodes[(i+1)%2]
			id := requestTrace(from, to, kinds[name].retrieve, kinds[name].failed)
			if name != "fast" {
				gateway := 0
				if id[0] >= 0x80 { // its first digit is 8 to f
					gateway = 1
				}
				want := []string{"lmcache.p2p_transfer", "lmcache.p2p_transfer", "lmcache.retrieve", "request"}
				for i := range want {
					want[i] = id.String() + " " + want[i]
				}
				kept[gateway] = append(kept[gateway], want...)
			}
		}
		// The fast ones go first: when the others have been decided, they have been.
		for _, n := range nodes {
			n.flush(t)
		}
	}

	arrived := func(i int) ([]string, error) {
		spans, err := readSpans(behind[i].traceFile)
		var got []string
		for _, s := range spans {
			got = append(got, s.TraceID+" "+s.Name)
		}
		return slices.Sorted(slices.Values(got)), err
	}
	for i := range behind {
		slices.Sort(kept[i])
		if len(kept[i]) == 0 {
			t.Fatalf("no trace id of %d is for gateway %d", 3*each, i)
		}
		eventually(t, fmt.Sprintf("the slow and the failed retrieves behind gateway %d", i), func() error {
			got, err := arrived(i)
			if err == nil && len(got) < len(kept[i]) {
				err = fmt.Errorf("%d spans, want %d", len(got), len(kept[i]))
			}
			return err
		})
	}
	// Stopped one after the other, nothing is on its way any more.
	for _, p := range []*process{agents[0].process, agents[1].process, gateways[0].process, gateways[1].process, behind[0].process, behind[1].process} {
		p.stop(t)
	}
	for i := range behind {
		got, err := arrived(i)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, kept[i]) {
			t.Errorf("behind gateway %d there are the spans\n%q\nwant\n%q", i, got, kept[i])
		}
	}
}

// TestFleet replays through an agent to both gateways, which keep everything: traces must be whole in Jaeger, and totals, native
// histograms and exemplars in Prometheus, by remote write.
func TestFleet(t *testing.T) {
	w := generateWorkload(t, 500, 20*time.Millisecond)
	j := startJaeger(t)
	p := startPrometheus(t, scrapeConfig(t, freeAddress(t))) // nobody is there to be scraped
	var gateways [2]*deployed
	for i := range gateways {
		gateways[i] = startDeployed(t, "fleet-gateway.yaml",
			"TRACES_ENDPOINT="+j.grpc, "KEEP_PERCENT=100", decisionWait, "REMOTE_WRITE_ENDPOINT=http://"+p.address+"/api/v1/write")
	}
	agent := startDeployed(t, "fleet-agent.yaml",
		"GATEWAY_0="+gateways[0].grpc, "GATEWAY_1="+gateways[1].grpc, "METRICS_GATEWAY="+gateways[1].grpc)
	env := append(otlpEnv("grpc", agent.grpc), "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram")
	startReplay(t, w, []string{"-linger", "0s"}, env).finish(t)

	eventually(t, "totals in Prometheus", func() error { return checkNativeTotals(p, w.totals) })
	eventually(t, "all traces in Jaeger", func() error {
		spans, err := j.spans()
		if err != nil {
			return err
		}
		return checkTrees(spans, w.totals)
	})
	checkExemplarTraces(t, p, j, "lmcache_retrieve_duration_seconds")
}

// node is a service that makes the spans of a request with times of our choice.
type node struct {
	provider *sdktrace.TracerProvider
	trace.Tracer
}

func newNode(t *testing.T, name, agent string) node {
	t.Helper()
	exporter, err := otlptracegrpc.New(context.Background(), otlptracegrpc.WithEndpoint(agent), otlptracegrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", name))))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = provider.Shutdown(ctx) // what matters has been flushed, and the agent may be gone
	})
	return node{provider: provider, Tracer: provider.Tracer("e2e")}
}

func (n node) flush(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), eventuallyTimeout)
	defer cancel()
	if err := n.provider.ForceFlush(ctx); err != nil {
		t.Fatal(err)
	}
}

// requestTrace makes the spans of one request and returns its trace id. The request itself always takes long: only its retrieve counts.
func requestTrace(from, to node, retrieve time.Duration, failed bool) trace.TraceID {
	start := time.Now().Add(-10 * time.Second)
	begin := func(ctx context.Context, n node, name string) (context.Context, trace.Span) {
		return n.Start(ctx, name, trace.WithTimestamp(start))
	}
	ctx, request := begin(context.Background(), from, "request")
	ctx, operation := begin(ctx, from, "lmcache.retrieve")
	_, transfer := begin(ctx, from, "lmcache.p2p_transfer")
	_, served := begin(trace.ContextWithRemoteSpanContext(context.Background(), transfer.SpanContext()), to, "lmcache.p2p_transfer")
	if failed {
		operation.SetStatus(codes.Error, "the peer does not answer")
	}
	for _, s := range []trace.Span{served, transfer, operation} {
		s.End(trace.WithTimestamp(start.Add(retrieve)))
	}
	request.End(trace.WithTimestamp(start.Add(5 * time.Second)))
	return request.SpanContext().TraceID()
}
