// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import "github.com/lmcache-go/lmcache-otel/otelcache"

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
