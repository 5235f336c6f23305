// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/lmcache-go/lmcache-otel/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestGRPC(t *testing.T) {
	env := []string{"OTEL_TRACES_EXPORTER=console"}
	server := exampletest.Start(t, env)
	address := server.Address(t)
	client := exampletest.Start(t, env, "-prefill", "why is the sky blue", address)
	client.Wait(t)
	if got, want := client.Stderr(), "0 tokens cached\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	server.Interrupt(t)

	called, _ := client.Console(t)
	served, _ := server.Console(t)
	call, request := exampletest.One(t, called, "kv.Cache/Prefill"), exampletest.One(t, served, "kv.Cache/Prefill")
	exampletest.CheckChild(t, request, call, exampletest.ServerSpan)
	exampletest.CheckChild(t, exampletest.One(t, served, "lmcache.lookup"), request, exampletest.InternalSpan)
	exampletest.CheckChild(t, exampletest.One(t, served, "lmcache.store"), request, exampletest.InternalSpan)
}
