// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// Phases are the process's: these are the tests' own, and TestPhasesAreBounded
// takes what is left.
var verifyChecksums, verify = newPhase("verify_checksums"), newPhase("verify")

const testPhases = 2

func newPhase(name string) otelcache.PhaseName {
	p, err := otelcache.NewPhase(name)
	if err != nil {
		panic(err)
	}
	return p
}

// hostPhaseOf returns the attributes of a data point of the host's phases, as
// points has them.
func hostPhaseOf(name string) string {
	if attrs, ok := strings.CutPrefix(name, "lmcache.operation.phase.duration"); ok {
		return attrs
	}
	return ""
}

// hostPhaseFeeds has a phase of the host's own in an operation of each kind.
func hostPhaseFeeds() (rows []feed) {
	for _, k := range operationKinds {
		want := points{
			"lmcache.operation.phase.duration{lmcache.operation=" + k.name + " lmcache.phase=verify_checksums}": "sum 0.001, 1 ≤ 0.00128",
		}
		for _, fed := range []points{k.started, k.finished} {
			for name, value := range fed {
				want[name] = value
			}
		}
		rows = append(rows, feed{k.name + " with a phase of the host's", func(ctx context.Context, m *otelcache.Monitor) {
			ctx, o, finish := k.start(ctx, m)
			_, p := o.StartPhase(ctx, verifyChecksums)
			time.Sleep(ms)
			p.End()
			finish()
		}, want})
	}
	return rows
}

func TestHostPhaseSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		ctx, l := tel.StartLookup(context.Background(), 10)
		pctx, p := l.StartPhase(ctx, verifyChecksums)
		p.SetBytes(64)
		_, inner := l.StartPhase(pctx, verify)
		time.Sleep(ms)
		inner.End()
		time.Sleep(ms)
		p.End()
		l.RecordPhase(verify, time.Now().Add(-4*ms), time.Now())
		l.Finish(0)
		wantSpans(t, tel, `
			lmcache.lookup{lmcache.hit_rate=0 lmcache.tokens.hit=0 lmcache.tokens.requested=10}
			  verify_checksums{lmcache.bytes=64}
			    verify
			  verify
		`)
		fed := tel.fed(t)
		const of = "lmcache.operation.phase.duration{lmcache.operation=lookup lmcache.phase="
		if d, v := fed[of+"verify_checksums}"], fed[of+"verify}"]; d != "sum 0.002, 1 ≤ 0.00256" || v != "sum 0.005, 1 ≤ 0.00512" {
			t.Errorf("verify_checksums is %q and verify %q, want 2 ms and the 5 ms of both", d, v)
		}
	})
}

// TestHostPhasesOfOperationsThatDoNotFinish checks that they are recorded as
// little as LMCache's.
func TestHostPhasesOfOperationsThatDoNotFinish(t *testing.T) {
	for name, end := range map[string]func(otelcache.Retrieve){
		"failed":    func(r otelcache.Retrieve) { r.Fail(errBroken) },
		"cancelled": func(r otelcache.Retrieve) { r.Fail(context.Canceled) },
		"abandoned": func(r otelcache.Retrieve) { r.Abandon() },
	} {
		bubble(t, name, func(t *testing.T) {
			tel := newTelemetry(t)
			ctx, r := tel.StartRetrieve(context.Background(), 10)
			_, p := r.StartPhase(ctx, verifyChecksums)
			time.Sleep(ms)
			p.End()
			end(r)
			for point := range tel.fed(t) {
				if hostPhaseOf(point) != "" {
					t.Errorf("got %s, want nothing of the phase", point)
				}
			}
		})
	}
}

// TestHostPhasesOfAClosedMonitor checks that they do not bring its series back.
func TestHostPhasesOfAClosedMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		ctx, r := tel.StartRetrieve(context.Background(), 10)
		_, p := r.StartPhase(ctx, verifyChecksums)
		time.Sleep(ms)
		p.End()
		closeMonitor(t, tel.Monitor)
		r.Finish(5)
		wantPoints(t, tel.collect(t), points{})
	})
}

func TestNewPhase(t *testing.T) {
	if again := newPhase("verify_checksums"); again != verifyChecksums {
		t.Errorf("the second phase of a name is %d, want the first, %d", again, verifyChecksums)
	}
	if verifyChecksums == verify || verifyChecksums.String() != "verify_checksums" || verify.String() != "verify" {
		t.Errorf("the phases are %d %v and %d %v", verifyChecksums, verifyChecksums, verify, verify)
	}
	for _, name := range []string{
		"", "process_tokens", "to_gpu", "put", "from_gpu", "broadcast",
		"remote_batched_get", "connector_batched_get",
	} {
		p, err := otelcache.NewPhase(name)
		wantError(t, err, otelcache.ErrInvalidOption, "NewPhase")
		tel := newTelemetry(t)
		_, l := tel.StartLookup(context.Background(), 1)
		l.StartPhase(context.Background(), p)
		tel.wantMisuse(t, "unknown phase", "lmcache.lookup")
	}
}

func TestPhasesAreBounded(t *testing.T) {
	misuse := captureReports(t)
	var all []otelcache.PhaseName
	for i := range 16 - testPhases {
		all = append(all, newPhase(fmt.Sprintf("%s%02d\xff", strings.Repeat("x", 300), i)))
	}
	for _, p := range all {
		wantText(t, "the name of a phase", p.String(), 256)
	}
	wantReport(t, misuse, otelcache.ErrMisuse, "NewPhase")
	_, err := otelcache.NewPhase("one more")
	wantError(t, err, otelcache.ErrInvalidOption, "one more", "16")
	all = append(all, newPhase("verify_checksums"), newPhase("verify"))
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 16 {
		t.Errorf("got %d phases, want 16", n)
	}
	synctest.Test(t, func(t *testing.T) {
		tel := newTelemetry(t)
		_, s := tel.StartStore(context.Background(), 1)
		for i, p := range all {
			s.RecordPhase(p, time.Now(), time.Now().Add(time.Duration(i+1)*time.Second))
		}
		cursor := tel.Cursor()
		s.Finish(0)
		if d := cursor.Next().OperationPhaseDuration; d.Count() != 16 || d.Sum() != 16*17/2 {
			t.Errorf("got %d times that sum to %v, want 16 and 136 s", d.Count(), d.Sum())
		}
		if got := tel.fed(t)["lmcache.operation.phase.duration{lmcache.operation=store lmcache.phase="+all[15].String()+"}"]; got != "sum 16, 1 above" {
			t.Errorf("the last phase is %q, want 16 s", got)
		}
	})
}
