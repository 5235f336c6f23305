// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestNegativeTimesAreTakenAsZero gives a negative time to every method of a
// monitor that takes one: it is reported, and no reader sees it.
func TestNegativeTimesAreTakenAsZero(t *testing.T) {
	calls := 0
	duration, monitor := reflect.TypeFor[time.Duration](), reflect.TypeFor[*otelcache.Monitor]()
	for i := range monitor.NumMethod() {
		method, takesTime := monitor.Method(i), false
		tel := newTelemetry(t)
		args := []reflect.Value{reflect.ValueOf(tel.Monitor)}
		for j := 1; j < method.Type.NumIn(); j++ {
			switch in := method.Type.In(j); in {
			case duration:
				takesTime = true
				args = append(args, reflect.ValueOf(-time.Second))
			case reflect.TypeFor[context.Context]():
				args = append(args, reflect.ValueOf(context.Background()))
			default:
				args = append(args, reflect.Zero(in))
			}
		}
		if !takesTime {
			continue
		}
		calls++
		cursor := tel.Cursor()
		method.Func.Call(args)
		tel.wantMisuse(t, "-1s")
		for point, value := range tel.fed(t) {
			switch m, _ := instruments.Lookup(point); {
			case m.Kind == instruments.KindHistogram && !strings.HasPrefix(value, "sum 0, 1 ≤ "),
				m.Kind == instruments.KindGauge && value != "0":
				t.Errorf("%s: %s is %s, want 0", method.Name, point, value)
			}
		}
		s := reflect.ValueOf(cursor.Next())
		for j := range s.NumField() {
			switch v := s.Field(j).Interface().(type) {
			case otelcache.Distribution:
				if v.Sum() != 0 || v.Min() != 0 {
					t.Errorf("%s: Stats.%s sums to %v, from %v on, want 0", method.Name, s.Type().Field(j).Name, v.Sum(), v.Min())
				}
			case time.Duration:
				if v < 0 {
					t.Errorf("%s: Stats.%s is %v, want 0", method.Name, s.Type().Field(j).Name, v)
				}
			}
		}
	}
	if calls < 5 {
		t.Errorf("%d methods take a time, want those of remote calls, pings and chunks", calls)
	}
}
