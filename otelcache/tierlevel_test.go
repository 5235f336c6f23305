// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"math"
	"testing"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// levelsOf returns what is there of usage, limits and entries.
func levelsOf(all points) points {
	levels := points{}
	for point, value := range all {
		switch metric, _ := splitPoint(point); metric {
		case "lmcache.tier.usage", "lmcache.tier.limit", "lmcache.tier.entries",
			"lmcache.local_cache.usage", "lmcache.local_storage.usage", "lmcache.remote_cache.usage":
			levels[point] = value
		}
	}
	return levels
}

// TestObserveTiers has callbacks beside values that are set.
func TestObserveTiers(t *testing.T) {
	tel := newTelemetry(t, tiersOption)
	memory := tel.Tier("memory")
	memory.SetUsage(5)
	value := func(v float64) func() float64 { return func() float64 { return v } }
	usage, err := memory.Observe(instruments.TierUsage, value(70))
	if err != nil {
		t.Fatal(err)
	}
	for gauge, v := range map[instruments.Gauge]float64{instruments.TierLimit: 80, instruments.TierEntries: 90} {
		if _, err := memory.Observe(gauge, value(v)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tel.Tier("unknown").Observe(instruments.TierUsage, value(1)); err != nil {
		t.Fatal(err)
	}
	memory.SetUsage(6) // does not count
	want := points{
		"lmcache.tier.usage" + ofMemory: "70", "lmcache.tier.limit" + ofMemory: "80", "lmcache.tier.entries" + ofMemory: "90",
		"lmcache.local_cache.usage": "70", "lmcache.tier.usage" + ofOther: "1",
	}
	wantPoints(t, levelsOf(tel.collect(t)), want)

	_, err = memory.Observe(instruments.TierUsage, value(1))
	wantError(t, err, otelcache.ErrObserved, "lmcache.tier.usage of memory")
	_, err = memory.Observe(instruments.TierUsage, nil)
	wantError(t, err, otelcache.ErrInvalidOption, "lmcache.tier.usage of memory", "nil callback")
	for _, gauge := range []instruments.Gauge{{}, instruments.LocalCacheUsage, instruments.TierOldestOperationAge} {
		_, err = memory.Observe(gauge, value(1))
		wantError(t, err, otelcache.ErrInvalidOption, gauge.String(), "want lmcache.tier.usage")
	}

	usage.Unregister()
	usage.Unregister()
	want["lmcache.tier.usage"+ofMemory], want["lmcache.local_cache.usage"] = "6", "6"
	wantPoints(t, levelsOf(tel.collect(t)), want)
	closeMonitor(t, tel.Monitor)
	_, err = memory.Observe(instruments.TierUsage, value(1))
	wantError(t, err, otelcache.ErrClosed, "lmcache.tier.usage of memory")
}

// TestTierCallbackThatFails loses its own reading.
func TestTierCallbackThatFails(t *testing.T) {
	for name, fail := range map[string]func() float64{
		"panic": func() float64 { panic("broken") },
		"NaN":   math.NaN,
	} {
		t.Run(name, func(t *testing.T) {
			tel := newTelemetry(t, otelcache.WithTiers(otelcache.CPU("a"), otelcache.CPU("b")))
			tel.Tier("b").SetUsage(3)
			if _, err := tel.Tier("a").Observe(instruments.TierUsage, fail); err != nil {
				t.Fatal(err)
			}
			wantPoints(t, levelsOf(tel.collect(t)), points{
				"lmcache.tier.usage{lmcache.tier.kind=cpu lmcache.tier.name=b}": "3", "lmcache.local_cache.usage": "3",
			})
			tel.wantMisuse(t, "lmcache.tier.usage of a", name)
		})
	}
}

// TestUsageOfTiersOfAKind adds up under LMCache's name, set or observed, and
// with what a call without a tier says. The statistics have the sum, too.
func TestUsageOfTiersOfAKind(t *testing.T) {
	tel := newTelemetry(t, otelcache.WithTiers(otelcache.Disk("nvme"), otelcache.Disk("hdd"), otelcache.Disk("tape"), otelcache.Remote("redis")))
	cursor := tel.Cursor()
	tel.Tier("nvme").SetUsage(100)
	tel.Tier("hdd").SetUsage(20)
	if _, err := tel.Tier("tape").Observe(instruments.TierUsage, func() float64 { return 3 }); err != nil {
		t.Fatal(err)
	}
	want := points{
		"lmcache.tier.usage{lmcache.tier.kind=disk lmcache.tier.name=nvme}": "100",
		"lmcache.tier.usage{lmcache.tier.kind=disk lmcache.tier.name=hdd}":  "20",
		"lmcache.tier.usage{lmcache.tier.kind=disk lmcache.tier.name=tape}": "3",
		"lmcache.local_storage.usage":                                       "123",
	}
	wantPoints(t, levelsOf(tel.collect(t)), want)
	if got := cursor.Next().LocalStorageUsage; got != 123 {
		t.Errorf("the statistics have %d bytes, want 123", got)
	}
	tel.Tier("hdd").SetUsage(0)
	tel.SetLocalStorageUsage(1000)
	want["lmcache.tier.usage{lmcache.tier.kind=disk lmcache.tier.name=hdd}"], want["lmcache.local_storage.usage"] = "0", "1103"
	wantPoints(t, levelsOf(tel.collect(t)), want)
	tel.wantMisuse(t, "count twice", "lmcache.local_storage.usage")
}
