// SPDX-License-Identifier: Apache-2.0

package bench_test

import "context"

// work is the size of one request, and what it does besides telemetry: nothing
// in benchmarks, steps that take known times where outputs are compared.
type work struct {
	tokens, hits int
	step         func(int)
}

func (w work) do(step int) {
	if w.step != nil {
		w.step(step)
	}
}

var benchWork = work{tokens: 4096, hits: 2048}

// requests records one of each operation of an engine. A retrieve and a store
// have three phases.
type requests interface {
	lookup(context.Context, work)
	retrieve(context.Context, work)
	store(context.Context, work)
	transfer(context.Context, work)
}

type operation struct {
	name string
	run  func(requests, context.Context, work)
}

var operations = []operation{
	{"lookup", requests.lookup},
	{"retrieve", requests.retrieve},
	{"store", requests.store},
	{"transfer", requests.transfer},
}
