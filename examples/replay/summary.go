// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// summary is what a replay did, for a person to read.
type summary struct {
	stats        otelcache.Stats
	hits         [tiers]int64 // tokens retrieved from each tier
	requests, of int
	elapsed      time.Duration
	endpoint     string // of the metrics; empty when they are served no longer
}

func (s summary) write(out io.Writer) {
	fmt.Fprintf(out, "\n%s\n\n%s\n\n", s.totals(), s.times())
}

func (s summary) totals() string {
	t := newTable()
	row := func(name, format string, values ...any) { t.AppendRow(table.Row{name, fmt.Sprintf(format, values...)}) }
	row("requests", "%d of %d in %v", s.requests, s.of, s.elapsed.Round(time.Millisecond))
	row("lookups", "%d, %d without a hit", s.stats.LookupRequests, s.stats.LookupZeroHitRequests)
	row("retrieves", "%d", s.stats.RetrieveRequests)
	row("stores", "%d", s.stats.StoreRequests)
	t.AppendSeparator()
	row("prompt tokens", "%d", s.stats.LookupRequestedTokens)
	row("hit by lookups", "%d (%s)", s.stats.LookupHitTokens, share(s.stats.LookupHitTokens, s.stats.LookupRequestedTokens))
	row("retrieved", "%d (%s)", s.stats.RetrieveHitTokens, share(s.stats.RetrieveHitTokens, s.stats.LookupRequestedTokens))
	for i, n := range s.hits {
		row("  from "+tier(i).String(), "%d (%s)", n, share(n, s.stats.LookupRequestedTokens))
	}
	row("stored", "%d", s.stats.StoreTokens)
	t.AppendSeparator()
	row("throughput", "%.0f requests/s, %.0f tokens/s", perSecond(int64(s.requests), s.elapsed), perSecond(s.stats.LookupRequestedTokens, s.elapsed))
	row("evicted blocks", "%d", s.stats.LocalCPUEvictedKeys)
	row("in memory", "%s", size(s.stats.LocalCacheUsage))
	row("on disk", "%s", size(s.stats.LocalStorageUsage))
	row("in Redis", "%s", size(s.stats.RemoteCacheUsage))
	if s.endpoint != "" {
		t.AppendSeparator()
		row("metrics", "%s/metrics", s.endpoint)
	}
	return t.Render()
}

func (s summary) times() string {
	t := newTable()
	t.AppendHeader(table.Row{"time of", "count", "p50", "p90", "p99"})
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight},
		{Number: 3, Align: text.AlignRight},
		{Number: 4, Align: text.AlignRight},
		{Number: 5, Align: text.AlignRight},
	})
	for _, r := range []struct {
		name string
		time otelcache.Distribution
	}{
		{"lookup", s.stats.LookupDuration},
		{"retrieve", s.stats.RetrieveDuration},
		{"  process_tokens", s.stats.RetrieveProcessTokensDuration},
		{"  remote_batched_get", s.stats.RetrieveRemoteBatchedGetDuration},
		{"  connector_batched_get", s.stats.RetrieveConnectorBatchedGetDuration},
		{"  to_gpu", s.stats.RetrieveToGPUDuration},
		{"store", s.stats.StoreDuration},
		{"  process_tokens", s.stats.StoreProcessTokensDuration},
		{"  from_gpu", s.stats.StoreFromGPUDuration},
		{"  put", s.stats.StorePutDuration},
		{"remote get", s.stats.RemoteGetDuration},
		{"remote put", s.stats.RemotePutDuration},
	} {
		if r.time.Count() == 0 {
			continue
		}
		t.AppendRow(table.Row{r.name, r.time.Count(), seconds(r.time.Quantile(0.5)), seconds(r.time.Quantile(0.9)), seconds(r.time.Quantile(0.99))})
	}
	return t.Render()
}

func newTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}

func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// seconds has three digits, which is as exact as the quantiles are.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

func size(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
