// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"strconv"
	"testing"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// way is how telemetry is written.
type way struct {
	name string
	// open makes what records the requests of each engine.
	open func(testing.TB, outputs, []otelcache.Engine) []requests
}

var ways = []way{
	{"sdk", openSDK},
	{"bound", openBound},
	{"by-hand", openByHand},
	{"client", openClientGolang},
	{"decorators", openDecorators},
}

func newEngines(n int) []otelcache.Engine {
	engines := make([]otelcache.Engine, n)
	for i := range engines {
		engines[i] = otelcache.Engine{ModelName: "llama-3-70b", WorkerID: strconv.Itoa(i), Role: "worker", ServedModelName: "llama"}
	}
	return engines
}
