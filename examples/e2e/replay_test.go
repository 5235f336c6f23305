// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"time"
)

// replayTimeout is how long a replay as fast as it goes may take, flushing its exporters included.
const replayTimeout = 3 * time.Minute

// replay is a running examples/replay.
type replay struct {
	*process
	listen string // the address of its own /metrics, which it always has
}

// startReplay replays a workload with the given flags and environment. One byte for a token keeps the cache small.
func startReplay(t *testing.T, w workload, flags, env []string) *replay {
	t.Helper()
	program, err := replayPath()
	if err != nil {
		t.Fatal(err)
	}
	listen := freeAddress(t)
	args := append([]string{"-trace", w.path, "-listen", listen, "-bytes-per-token", "1"}, flags...)
	return &replay{
		process: startProcess(t, "replay", program, args, env),
		listen:  listen,
	}
}

// finish waits until a replay that does not linger has ended, which must be with success.
func (r *replay) finish(t *testing.T) {
	t.Helper()
	if status := r.wait(t, replayTimeout); status != 0 {
		t.Fatalf("replay ended with status %d", status)
	}
}

// service is the name under which the replays report.
const service = "replay-e2e"

// otlpEnv is the environment that sends traces and metrics to an OTLP endpoint, every span of them: none may be dropped for
// want of room, or the tests could not count them.
func otlpEnv(protocol, endpoint string) []string {
	return append(allSpans(),
		"OTEL_SERVICE_NAME="+service,
		"OTEL_TRACES_EXPORTER=otlp",
		"OTEL_METRICS_EXPORTER=otlp",
		"OTEL_EXPORTER_OTLP_PROTOCOL="+protocol,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://"+endpoint,
	)
}

// allSpans is the environment that samples every request and holds every span until it is exported.
func allSpans() []string {
	return []string{
		"OTEL_TRACES_SAMPLER=always_on",
		"OTEL_BSP_MAX_QUEUE_SIZE=500000",
		"OTEL_BSP_SCHEDULE_DELAY=200",
	}
}
