// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"fmt"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// tiersOption has a tier of each kind.
var tiersOption = otelcache.WithTiers(otelcache.Device("gpu"), otelcache.CPU("memory"), otelcache.Disk("nvme"),
	otelcache.Remote("redis"), otelcache.Peer("worker1"))

const (
	ofGPU    = "{lmcache.tier.kind=device lmcache.tier.name=gpu}"
	ofMemory = "{lmcache.tier.kind=cpu lmcache.tier.name=memory}"
	ofNVMe   = "{lmcache.tier.kind=disk lmcache.tier.name=nvme}"
	ofRedis  = "{lmcache.tier.kind=remote lmcache.tier.name=redis}"
	ofPeer   = "{lmcache.tier.kind=peer lmcache.tier.name=worker1}"
	ofOther  = "{lmcache.tier.kind=_OTHER lmcache.tier.name=_OTHER}"
)

// tokensOf adds up the points of each metric.
func tokensOf(all points) map[string]int64 {
	sums := map[string]int64{}
	for point, value := range all {
		var n int64
		fmt.Sscan(value, &n)
		name, _ := splitPoint(point)
		sums[name] += n
	}
	return sums
}
