// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
)

// jaeger is a running Jaeger with jaeger/config.yaml.
type jaeger struct {
	*process
	grpc, http string // addresses: OTLP in
	query      string // its query API
}

// startJaeger starts an empty Jaeger and waits until it is ready.
func startJaeger(t *testing.T) *jaeger {
	t.Helper()
	program := programPath(t, jaegerProgram)
	j := &jaeger{grpc: freeAddress(t), http: freeAddress(t), query: freeAddress(t)}
	health := freeAddress(t)
	j.process = startProcess(t, "jaeger", program, []string{"--config", filepath.Join("jaeger", "config.yaml")}, []string{
		"E2E_OTLP_GRPC=" + j.grpc, "E2E_OTLP_HTTP=" + j.http,
		"E2E_QUERY_HTTP=" + j.query, "E2E_QUERY_GRPC=" + freeAddress(t),
		"E2E_HEALTH=" + health,
		"OTEL_TRACES_SAMPLER=always_off", // Jaeger traces itself, and would wait ten seconds for somebody to send that to
	})
	j.waitReady(t, "http://"+health+"/status")
	return j
}

// The part of Jaeger's answers that the tests read.
type (
	jaegerTrace struct {
		TraceID string       `json:"traceID"`
		Spans   []jaegerSpan `json:"spans"`
	}
	jaegerSpan struct {
		TraceID    string            `json:"traceID"`
		SpanID     string            `json:"spanID"`
		Operation  string            `json:"operationName"`
		References []jaegerReference `json:"references"`
		Start      int64             `json:"startTime"` // microseconds
		Duration   int64             `json:"duration"`  // microseconds
		Tags       []jaegerTag       `json:"tags"`
	}
	jaegerReference struct {
		Type   string `json:"refType"`
		SpanID string `json:"spanID"`
	}
	jaegerTag struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	}
)

// parent returns the id of the parent span, empty for a root.
func (s jaegerSpan) parent() string {
	for _, reference := range s.References {
		if reference.Type == "CHILD_OF" {
			return reference.SpanID
		}
	}
	return ""
}

// number returns the value of a numeric tag, and whether there is one.
func (s jaegerSpan) number(key string) (int, bool) {
	for _, tag := range s.Tags {
		if value, ok := tag.Value.(float64); ok && tag.Key == key {
			return int(value), true
		}
	}
	return 0, false
}

// traces returns the traces of a service, at most limit.
func (j *jaeger) traces(service string, limit int) ([]jaegerTrace, error) {
	query := url.Values{"service": {service}, "limit": {fmt.Sprint(limit)}, "lookback": {"1h"}}
	return j.ask("/api/traces?" + query.Encode())
}

// trace returns one trace by its id.
func (j *jaeger) trace(id string) (jaegerTrace, error) {
	traces, err := j.ask("/api/traces/" + id)
	if err != nil {
		return jaegerTrace{}, err
	}
	if len(traces) != 1 {
		return jaegerTrace{}, fmt.Errorf("trace %s: %d traces", id, len(traces))
	}
	return traces[0], nil
}

func (j *jaeger) ask(path string) ([]jaegerTrace, error) {
	body, err := get("http://" + j.query + path)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data []jaegerTrace `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return answer.Data, nil
}
