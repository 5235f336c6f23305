// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

// TestTurns: one at a time, the last to come first, those who guess behind all
// others, without those who left.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns turns
		if !turns.take(t.Context(), true) {
			t.Fatal("the first does not get a turn")
		}
		var order []int
		leaving, leave := context.WithCancel(t.Context())
		for i := range 8 {
			ctx := t.Context()
			if i == 1 || i == 5 || i == 7 {
				ctx = leaving
			}
			go func() {
				if turns.take(ctx, i >= 4) {
					order = append(order, i) // by one at a time
					turns.pass()
				}
			}()
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		if len(order) > 0 {
			t.Errorf("%v had a turn while it was taken", order)
		}
		turns.pass()
		synctest.Wait()
		if want := []int{3, 2, 0, 6, 4}; !slices.Equal(order, want) {
			t.Errorf("the order is %v, want %v", order, want)
		}
		if !turns.take(t.Context(), true) {
			t.Error("the turn is not free afterwards")
		}
	})
}

// TestTurnsOfThoseWhoLeave: a turn that comes while somebody leaves is not lost.
func TestTurnsOfThoseWhoLeave(t *testing.T) {
	var turns turns
	for i := range 1000 {
		turns.take(t.Context(), false)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan struct{})
		go func() {
			defer close(left)
			if turns.take(ctx, i%2 == 0) {
				turns.pass()
			}
		}()
		go leave()
		turns.pass()
		<-left
		if turns.taken {
			t.Fatal("the turn is lost")
		}
	}
}
