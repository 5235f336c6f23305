// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"slices"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

const (
	maxTiers    = 8
	maxTierName = 64 // bytes
)

// Tier is a place that holds KV cache, for [WithTiers]. [Device], [CPU], [Disk],
// [Remote] and [Peer] make one.
type Tier struct {
	name, kind string
}

// The kinds of tiers.
const (
	deviceKind = "device"
	cpuKind    = "cpu"
	diskKind   = "disk"
	remoteKind = "remote"
	peerKind   = "peer"
)

// Device is a tier in the memory of the device that computes.
func Device(name string) Tier { return Tier{name, deviceKind} }

// CPU is a tier in the memory of the host.
func CPU(name string) Tier { return Tier{name, cpuKind} }

// Disk is a tier on a local disk.
func Disk(name string) Tier { return Tier{name, diskKind} }

// Remote is a tier behind the network.
func Remote(name string) Tier { return Tier{name, remoteKind} }

// Peer is a tier in the cache of another worker.
func Peer(name string) Tier { return Tier{name, peerKind} }

// Name returns the name that the host gave to the tier.
func (t Tier) Name() string { return t.name }

// Kind returns the value of the attribute lmcache.tier.kind.
func (t Tier) Kind() string { return t.kind }

// otherTier stands for tiers that were not declared.
var otherTier = Tier{instruments.Other, instruments.Other}

func (t Tier) attributes() []attribute.KeyValue {
	return []attribute.KeyValue{instruments.TierNameKey.String(t.name), instruments.TierKindKey.String(t.kind)}
}

// WithTiers declares the places that hold KV cache, from near to far, at most
// eight. The metrics that tell tiers apart start at 0, of purposes and reasons
// [ForRequest] and [Capacity] alone. What is said of another tier counts as one of
// the name and kind "_OTHER"; without WithTiers nothing is counted by tier. The
// last WithTiers wins. Names must be set and differ; they are at most 64 bytes of
// valid UTF-8.
func WithTiers(tiers ...Tier) Option {
	tiers = slices.Clone(tiers)
	if len(tiers) > maxTiers {
		return reject("WithTiers: %d tiers, want at most %d", len(tiers), maxTiers)
	}
	for i, t := range tiers {
		sameName := func(other Tier) bool { return other.name == t.name }
		switch {
		case t.kind == "":
			return reject("WithTiers: the zero Tier; want one that Device, CPU, Disk, Remote or Peer makes")
		case t.name == "" || len(t.name) > maxTierName || !utf8.ValidString(t.name) || t.name == instruments.Other:
			return reject("WithTiers: the name %q; want 1 to %d bytes of valid UTF-8 that are not %q",
				t.name[:min(len(t.name), maxTierName)], maxTierName, instruments.Other)
		case slices.ContainsFunc(tiers[:i], sameName):
			return reject("WithTiers: two tiers of the name %q; want one name each", t.name)
		}
	}
	return optionFunc(func(c *config) { c.layout = newLayout(tiers) })
}
