// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"slices"
	"testing"
	"time"
)

// TestJaeger replays to Jaeger and asks its query API for every trace: the totals and each request's tree must be there.
func TestJaeger(t *testing.T) {
	forEachWorkload(t, func(t *testing.T, w workload) {
		j := startJaeger(t)
		env := append(otlpEnv("grpc", j.grpc), "OTEL_METRICS_EXPORTER=none") // Jaeger takes traces only
		startReplay(t, w, []string{"-linger", "0s"}, env).finish(t)

		eventually(t, "all traces in Jaeger", func() error {
			spans, err := j.spans()
			if err != nil {
				return err
			}
			return checkTrees(spans, w.totals)
		})
	})
}

// remotePaths are spans of a request with the remote tier, each with those above it.
var remotePaths = [][]string{
	{"mget", "lmcache.remote.get", "connector_batched_get", "remote_batched_get", "lmcache.retrieve", "request"},
	{"mset", "lmcache.remote.put", "put", "lmcache.store", "request"},
}

// TestJaegerRemoteTier replays with the remote tier on: under the phases that ask Redis, Jaeger shows the commands.
func TestJaegerRemoteTier(t *testing.T) {
	w := generateWorkload(t, 200, 20*time.Millisecond)
	j := startJaeger(t)
	env := append(otlpEnv("http/protobuf", j.http), "OTEL_METRICS_EXPORTER=none")
	// With room for a few blocks only in memory, most of what is retrieved is found in Redis.
	startReplay(t, w, []string{"-linger", "0s", "-remote", "-cpu-bytes", "8192"}, env).finish(t)

	eventually(t, "Redis spans under put and a batched get, in Jaeger", func() error {
		spans, err := j.spans()
		if err != nil {
			return err
		}
		for _, path := range remotePaths {
			if err := hasPath(spans, path); err != nil {
				return err
			}
		}
		return nil
	})
}

// spans returns all spans of the replays.
func (j *jaeger) spans() ([]span, error) {
	traces, err := j.traces(service, 100_000)
	if err != nil {
		return nil, err
	}
	var spans []span
	for _, trace := range traces {
		spans = append(spans, trace.tree()...)
	}
	return slices.Clip(spans), nil
}

// tree reads the spans of a trace as spans.
func (t jaegerTrace) tree() []span {
	var all []span
	for _, s := range t.Spans {
		hit, _ := s.number("lmcache.tokens.hit")
		stored, _ := s.number("lmcache.tokens.stored")
		all = append(all, span{
			trace: s.TraceID, id: s.SpanID, parent: s.parent(), name: s.Operation,
			start: time.Duration(s.Start) * time.Microsecond, end: time.Duration(s.Start+s.Duration) * time.Microsecond,
			hitTokens: hit, stored: stored,
		})
	}
	return all
}
