// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/lmcache-go/lmcache-otel/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestP2P(t *testing.T) {
	env := []string{"OTEL_TRACES_EXPORTER=console"}
	server := exampletest.Start(t, env, "serve", "localhost:0")
	client := exampletest.Start(t, env, "retrieve", server.Address(t))
	client.Wait(t)
	server.Interrupt(t)

	ours, _ := client.Console(t)
	theirs, _ := server.Console(t)
	retrieve := exampletest.One(t, ours, "lmcache.retrieve")
	asked, served := exampletest.One(t, ours, "lmcache.p2p_transfer"), exampletest.One(t, theirs, "lmcache.p2p_transfer")
	exampletest.CheckChild(t, asked, retrieve, exampletest.ClientSpan)
	exampletest.CheckChild(t, exampletest.One(t, ours, "to_gpu"), retrieve, exampletest.InternalSpan)
	exampletest.CheckChild(t, served, asked, exampletest.ServerSpan)
	if !served.Parent.Remote {
		t.Error("the parent of the serving span is not remote")
	}
}

// A list of exporters sends to all of them.
func TestTwoExporters(t *testing.T) {
	c := exampletest.StartCollector(t)
	server := exampletest.Start(t, append(c.Env(), "OTEL_TRACES_EXPORTER=otlp,console", "OTEL_METRICS_EXPORTER=otlp,console"), "serve", "localhost:0")
	exampletest.Start(t, nil, "retrieve", server.Address(t)).Wait(t)
	server.Interrupt(t)
	spans, metrics := server.Console(t)
	exampletest.One(t, spans, "lmcache.p2p_transfer")
	if got := c.Spans(); got["lmcache.p2p_transfer"] != 1 {
		t.Errorf("the collector got spans %v, want the transfer", got)
	}
	const metric = "lmcache.p2p.transfer.requests"
	if _, ok := c.Metrics()[metric]; !ok || !metrics[metric] {
		t.Errorf("%s is with the collector: %v, on the console: %v; want both", metric, ok, metrics[metric])
	}
}
