// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

const maxHostPhases = 16

// hostPhases holds the names of the host's phases, for the life of the process.
var hostPhases struct {
	mu    sync.Mutex
	names atomic.Pointer[[]string] // those who read get a slice that never changes
}

func hostPhaseNames() []string {
	if names := hostPhases.names.Load(); names != nil {
		return *names
	}
	return nil
}

// NewPhase adds a phase of the host's own, which every operation may have, for the
// life of the process: a child span of that name, and natively the histogram
// lmcache.operation.phase.duration with the attributes lmcache.operation and
// lmcache.phase. Call it once per phase at start-up; the same name returns the
// same phase. It is safe for concurrent use. A name is made valid UTF-8 and cut to
// 256 bytes, as those of an [Engine] are.
//
// The error is [ErrInvalidOption] for a name that is empty or one of LMCache's, and
// for a seventeenth phase. The phase that comes along with it is unknown to every
// operation.
func NewPhase(name string) (PhaseName, error) {
	const unknown = PhaseName(255)
	name = cleanName(name, "NewPhase")
	switch {
	case name == "":
		return unknown, invalid("NewPhase(%q): want a name", name)
	case slices.ContainsFunc(phaseTable[:], func(p phaseRow) bool { return p.span == name }):
		return unknown, invalid("NewPhase(%q): want another name than those of LMCache's phases", name)
	}
	hostPhases.mu.Lock()
	defer hostPhases.mu.Unlock()
	names := hostPhaseNames()
	if i := slices.Index(names, name); i >= 0 {
		return numPhases + PhaseName(i), nil
	}
	if len(names) == maxHostPhases {
		return unknown, invalid("NewPhase(%q): want at most %d phases in a process", name, maxHostPhases)
	}
	names = append(slices.Clone(names), name)
	hostPhases.names.Store(&names)
	return numPhases + PhaseName(len(names)-1), nil
}

// recordHostTimes records the times of the host's phases.
func (o *operation) recordHostTimes() {
	for i := range o.extra.hostTimes {
		if d := time.Duration(sumOf(&o.extra.hostTimes[i])); d > 0 {
			o.mon.recordHostPhase(o.ctx, o.kind, numPhases+PhaseName(i), d)
		}
	}
}

func (m *Monitor) recordHostPhase(ctx context.Context, k *kind, name PhaseName, d time.Duration) {
	if m.closed.Load() {
		return
	}
	h := instruments.OperationPhaseDuration
	if all := m.distributions.Load(); all != nil {
		(*all)[h.Index()].recordDuration(d)
	}
	m.recordVariant(ctx, h, d.Seconds(), instruments.OperationKey.String(k.name()), instruments.PhaseKey.String(name.String()))
}
