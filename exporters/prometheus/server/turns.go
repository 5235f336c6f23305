// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"slices"
	"sync"
)

// turns are taken one after the other. The last to come is the next: clients
// that guess all day wait for their answers, and come last once in a while only.
// Connections that had a wrong password before are behind all others.
type turns struct {
	mu              sync.Mutex
	taken           bool
	first, guessing []chan struct{} // who wait
}

// take waits for a turn, which has to be passed on. It returns false if ctx ended
// before.
func (t *turns) take(ctx context.Context, guesses bool) bool {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return true
	}
	waiting := &t.first
	if guesses {
		waiting = &t.guessing
	}
	turn := make(chan struct{})
	*waiting = append(*waiting, turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.Index(*waiting, turn)
	if i >= 0 {
		*waiting = slices.Delete(*waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 { // the turn came at the same moment
		t.pass()
	}
	return false
}

func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, waiting := range []*[]chan struct{}{&t.first, &t.guessing} {
		if last := len(*waiting) - 1; last >= 0 {
			close((*waiting)[last])
			*waiting = (*waiting)[:last]
			return
		}
	}
	t.taken = false
}
