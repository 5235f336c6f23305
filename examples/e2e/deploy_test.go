// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestDeployConfigurationsAreValid asks the collector about each configuration as it is, with its defaults.
func TestDeployConfigurationsAreValid(t *testing.T) {
	program := programPath(t, collectorProgram)
	for _, name := range []string{"agent.yaml", "fleet-agent.yaml", "fleet-gateway.yaml"} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(program, "validate", "--config", filepath.Join(deployDir, name)).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestAgent replays through the single agent: traces arrive in Jaeger, metrics wait to be scraped, with exemplars.
func TestAgent(t *testing.T) {
	w := generateWorkload(t, 500, 20*time.Millisecond)
	j := startJaeger(t)
	agent := startDeployed(t, "agent.yaml", "TRACES_ENDPOINT="+j.grpc)
	startReplay(t, w, []string{"-linger", "0s"}, otlpEnv("grpc", agent.grpc)).finish(t)

	eventually(t, "all traces in Jaeger", func() error {
		spans, err := j.spans()
		if err != nil {
			return err
		}
		return checkTrees(spans, w.totals)
	})
	p := startPrometheus(t, scrapeConfig(t, agent.metrics))
	eventually(t, "totals in Prometheus", func() error {
		for _, c := range w.counters() {
			if err := expectScalar(p, "sum("+c.prometheus+")", c.want); err != nil {
				return err
			}
		}
		return nil
	})
	checkExemplarTraces(t, p, j, "lmcache_retrieve_duration_seconds_bucket")
}
