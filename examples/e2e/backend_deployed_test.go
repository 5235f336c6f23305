// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"path/filepath"
	"testing"
)

// deployDir holds the configurations for operators.
var deployDir = filepath.Join("..", "..", "docs", "deploy")

// deployed is a running collector with a configuration of docs/deploy, of which it changes the environment only.
type deployed struct {
	*process
	grpc, http, metrics string // addresses; a configuration that has no use for one leaves it unused
}

// startDeployed starts a collector with a configuration of docs/deploy and waits until it is ready.
func startDeployed(t *testing.T, config string, env ...string) *deployed {
	t.Helper()
	program := programPath(t, collectorProgram)
	d := &deployed{grpc: freeAddress(t), http: freeAddress(t), metrics: freeAddress(t)}
	health := freeAddress(t)
	env = append(env,
		"OTLP_GRPC_PORT="+port(t, d.grpc), "OTLP_HTTP_PORT="+port(t, d.http), "METRICS_PORT="+port(t, d.metrics),
		"HEALTH_PORT="+port(t, health), "TELEMETRY_PORT="+port(t, freeAddress(t)),
	)
	d.process = startProcess(t, config, program, []string{"--config", filepath.Join(deployDir, config)}, env)
	d.waitReady(t, "http://"+health+"/")
	return d
}
