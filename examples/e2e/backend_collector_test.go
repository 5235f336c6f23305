// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"path/filepath"
	"testing"
)

// collector is a running OpenTelemetry Collector with collector/config.yaml.
type collector struct {
	*process
	program             string
	env                 []string
	grpc, http, metrics string // addresses: OTLP in, and Prometheus out
	health              string
	traceFile           string // of the file exporter
	metricFile          string
}

// startCollector starts a collector with files of its own and waits until it is ready.
func startCollector(t *testing.T) *collector {
	t.Helper()
	out := t.TempDir()
	c := &collector{
		program: programPath(t, collectorProgram),
		grpc:    freeAddress(t), http: freeAddress(t), metrics: freeAddress(t), health: freeAddress(t),
		traceFile:  filepath.Join(out, "traces.jsonl"),
		metricFile: filepath.Join(out, "metrics.jsonl"),
	}
	c.env = []string{
		"E2E_OTLP_GRPC=" + c.grpc, "E2E_OTLP_HTTP=" + c.http, "E2E_METRICS=" + c.metrics, "E2E_HEALTH=" + c.health, "E2E_OUT=" + out,
	}
	c.start(t)
	return c
}

// start starts the collector, for the first time or after stop, on the same addresses and files.
func (c *collector) start(t *testing.T) {
	t.Helper()
	c.process = startProcess(t, "collector", c.program, []string{"--config", filepath.Join("collector", "config.yaml")}, c.env)
	c.waitReady(t, "http://"+c.health+"/")
}
