// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

const ms = time.Millisecond

var errBroken = errors.New("broken")

// feed is something that can happen to a monitor, with every data point that it
// feeds: a metric that is not named is not fed.
type feed struct {
	name string
	feed func(context.Context, *otelcache.Monitor)
	want points
}

// feeds has everything that can happen. The rows are in the tests of their files.
var feeds = slices.Concat([]feed{
	{
		"nothing", func(context.Context, *otelcache.Monitor) {}, points{},
	},
}, lookupFeeds, retrieveFeeds, storeFeeds, transferFeeds, remoteFeeds, eventFeeds, cancelledFeeds(), hostPhaseFeeds(), recordFeeds)

var feedOptions = []otelcache.Option{
	otelcache.WithSlowRetrieve(time.Second), otelcache.WithSlowRetrieveSpeed(100), otelcache.WithLogger(discardLogger),
}

func TestFeeds(t *testing.T) {
	for _, f := range feeds {
		bubble(t, f.name, func(t *testing.T) {
			tel := newTelemetry(t, feedOptions...)
			f.feed(context.Background(), tel.Monitor)
			wantPoints(t, tel.fed(t), f.want)
		})
	}
}

// engineMetrics returns the catalog without the metrics of the process.
func engineMetrics() []instruments.Metric {
	return slices.DeleteFunc(instruments.All(), func(m instruments.Metric) bool { return m.Process })
}

// TestFeedsCoverTheCatalog fails for a metric that nothing feeds: one that was
// added without the code or without a test.
func TestFeedsCoverTheCatalog(t *testing.T) {
	fed := map[string]bool{}
	for _, f := range feeds {
		for name := range f.want {
			fed[strings.TrimSuffix(name, hostPhaseOf(name))] = true
		}
	}
	for _, m := range engineMetrics() {
		if m.Kind != instruments.KindObservableGauge && !fed[m.Name] {
			t.Errorf("no entry of feeds feeds the %s %s", m.Kind, m.Name)
		}
	}
}

// TestAttributesAreThoseOfTheCatalog holds the attributes of data points against
// the entries of their metrics, and the values of closed ones against those that
// there are.
func TestAttributesAreThoseOfTheCatalog(t *testing.T) {
	values := map[string]bool{} // that were seen, behind their metric and key
	for _, f := range feeds {
		for point := range f.want {
			name, attrs := splitPoint(point)
			m, _ := instruments.Lookup(name)
			for _, a := range m.Attributes {
				value, ok := attrs[string(a.Key)]
				if !ok && !a.Optional {
					t.Errorf("%s: %s lacks %s", f.name, point, a.Key)
				}
				is := func(v instruments.Value) bool { return v.Name == value }
				if ok && a.Values != nil && !slices.ContainsFunc(a.Values, is) {
					t.Errorf("%s: %s has another %s than %v", f.name, point, a.Key, a.Values)
				}
				values[name+string(a.Key)+value] = true
				delete(attrs, string(a.Key))
			}
			if len(attrs) > 0 {
				t.Errorf("%s: %s has attributes that its entry lacks: %v", f.name, point, attrs)
			}
		}
	}
	for _, m := range engineMetrics() {
		for _, a := range m.Attributes {
			for _, v := range a.Values {
				if !values[m.Name+string(a.Key)+v.Name] {
					t.Errorf("no entry of feeds gives %s of %s the value %q", a.Key, m.Name, v.Name)
				}
			}
		}
	}
}

// splitPoint returns the metric and the attributes of a key of points.
func splitPoint(point string) (name string, attrs map[string]string) {
	attrs = map[string]string{}
	name, text, _ := strings.Cut(strings.TrimSuffix(point, "}"), "{")
	for field := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(field, "=")
		attrs[key] = value
	}
	return name, attrs
}

// TestCountersStartAtZero checks what is there before anything happens:
// dashboards take a counter that is missing for a fault.
func TestCountersStartAtZero(t *testing.T) {
	got := newTelemetry(t).collect(t)
	for _, m := range engineMetrics() {
		want := m.Kind == instruments.KindCounter || m.Kind == instruments.KindUpDownCounter
		if value, ok := got[m.Name]; ok != want {
			t.Errorf("%s %s: has a data point: %t, want %t", m.Kind, m.Name, ok, want)
		} else if ok && value != "0" {
			t.Errorf("%s is %s, want 0", m.Name, value)
		}
	}
}

// TestFedByNamesWhatExists holds the catalog's words, which the reference of
// metrics repeats, against the methods that there are.
func TestFedByNamesWhatExists(t *testing.T) {
	types := exportedTypes(t)
	for _, m := range engineMetrics() {
		for what := range strings.SplitSeq(m.FedBy, ", ") {
			owner, method, found := strings.Cut(what, ".")
			if !found {
				owner, method = "Monitor", what
			}
			if operation, _, isPhase := strings.Cut(what, " phase "); isPhase {
				owner, method = operation, "StartPhase"
			}
			typ, ok := types[owner]
			if !ok {
				t.Errorf("%s is fed by %q: there is no type %s", m.Name, what, owner)
			} else if _, ok := reflect.PointerTo(typ).MethodByName(method); !ok {
				t.Errorf("%s is fed by %q: %v has no method %s", m.Name, what, typ, method)
			}
		}
	}
}
