// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// TestSameAsOpenTelemetry: the OTel vocabulary is the page that OpenTelemetry's
// own exporter makes of the same meter provider, whatever the host has on it,
// in both formats; except that gauges do not end in "_total", and for the
// exporter's own metrics.
func TestSameAsOpenTelemetry(t *testing.T) {
	for name, view := range map[string]sdkmetric.View{
		"defaults": func(sdkmetric.Instrument) (sdkmetric.Stream, bool) { return sdkmetric.Stream{}, false },
		"exponential histograms": sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}}),
		"fewer attributes": sdkmetric.NewView(sdkmetric.Instrument{Name: "*"},
			sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter(instruments.WorkerIDKey)}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				registry := client.NewRegistry()
				reader, err := otelprom.New(otelprom.WithRegisterer(registry))
				if err != nil {
					t.Fatal(err)
				}
				b := newBridge(t, native, sdkmetric.WithReader(reader), sdkmetric.WithView(view),
					sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "router"), attribute.String("zone", "a"))))
				hostMetrics(t, b.provider)
				feed(sampled(), t, b.monitor(t, llama, slow...))
				b.monitor(t, otelcache.Engine{ModelName: "llama", WorkerID: "1"})
				time.Sleep(10 * time.Second)

				own := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
				for _, format := range []string{"text/plain", openMetrics} {
					want := httptest.NewRecorder()
					request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
					request.Header.Set("Accept", format)
					own.ServeHTTP(want, request)
					compareLines(t, withoutOwn(b.get("Accept", format).Body.String()), withoutTotal(want.Body.String()))
				}
				for _, want := range []string{
					`target_info{service_name="router",zone="a"} 1`,
					`otel_scope_name="` + instruments.ScopeName + `",otel_scope_schema_url="",otel_scope_version="` + otelcache.Version + `"`,
					`otel_scope_team="cache"`,
				} {
					if !strings.Contains(b.text(t), want) {
						t.Errorf("the page lacks %s", want)
					}
				}
			})
		})
	}
}

// hostMetrics are metrics that have nothing to do with this module.
func hostMetrics(t *testing.T, mp *sdkmetric.MeterProvider) {
	t.Helper()
	meter := mp.Meter("host", metric.WithInstrumentationVersion("1.2.3"), metric.WithInstrumentationAttributes(attribute.String("team", "cache")))
	counter, err1 := meter.Float64Counter("host.work", metric.WithUnit("By"), metric.WithDescription("Work."))
	histogram, err2 := meter.Int64Histogram("host.size")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 1.5, metric.WithAttributes(attribute.Bool("good", true)))
	histogram.Record(t.Context(), 7)
}

// withoutTotal renames the gauges of a page that end in "_total".
func withoutTotal(text string) string {
	for _, m := range instruments.All() {
		if name, isTotal := strings.CutSuffix(m.Name, ".total"); isTotal && m.Kind != instruments.KindCounter {
			name = strings.ReplaceAll(name, ".", "_")
			for _, after := range []string{" ", "{"} {
				text = strings.ReplaceAll(text, name+"_total"+after, name+after)
			}
		}
	}
	return text
}

// withoutOwn takes the exporter's own metrics from a page.
func withoutOwn(text string) string {
	for _, h := range instruments.ExporterMetrics() {
		name := regexp.QuoteMeta(prometheus.OTel.FamilyName(h.Metric()))
		family := "(" + name + "|" + strings.TrimSuffix(name, "_total") + ")" // in OpenMetrics
		text = regexp.MustCompile("(?m)^(# (HELP|TYPE) )?"+family+"[ {].*\n").ReplaceAllString(text, "")
	}
	return text
}

var ofTheProcess = regexp.MustCompile(`(?m)^(lmcache_otel_[^ ]+) \d+(\.0)?$`)

// settled sets the counts of the process and of scrapes to 0: other tests and
// scrapes raise them.
func settled(text string) string { return ofTheProcess.ReplaceAllString(text, "$1 0$2") }

// sortedLines gives a page an order: renaming changes that of lines, and
// OpenTelemetry's exporter leaves that of exemplars' labels to chance.
func sortedLines(text string) []string {
	var lines []string
	for line := range strings.Lines(settled(text)) {
		if series, exemplar, ok := strings.Cut(line, " # {"); ok {
			ids, value, _ := strings.Cut(exemplar, "}")
			line = series + " # {" + strings.Join(slices.Sorted(strings.SplitSeq(ids, ",")), ",") + "}" + value
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	gotLines, wantLines := sortedLines(got), sortedLines(want)
	if slices.Equal(gotLines, wantLines) {
		return
	}
	for _, line := range gotLines {
		if !slices.Contains(wantLines, line) {
			t.Errorf("only on our page: %s", line)
		}
	}
	for _, line := range wantLines {
		if !slices.Contains(gotLines, line) {
			t.Errorf("only on OpenTelemetry's page: %s", line)
		}
	}
	if !t.Failed() {
		t.Errorf("lines are repeated: %d, want %d", len(gotLines), len(wantLines))
	}
}

// TestSeveralReaders: others read the same meter provider undisturbed, closed
// engines included, which this exporter hides.
func TestSeveralReaders(t *testing.T) {
	other := sdkmetric.NewManualReader()
	b := newBridge(t, both, sdkmetric.WithReader(other))
	closed, err := otelcache.New(otelcache.Engine{ModelName: "closed"}, otelcache.WithMeterProvider(b.provider))
	if err != nil {
		t.Fatal(err)
	}
	closed.RecordRemoteGetTime(t.Context(), time.Second)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	b.monitor(t, llama).RecordRemoteGetTime(t.Context(), time.Second)
	before := collect(t, other)
	b.text(t)
	b.text(t)
	if after := collect(t, other); !slices.Equal(after, before) || len(after) == 0 {
		t.Errorf("another reader has %v after the scrapes, want %v", after, before)
	}
}

// collect returns what a reader has, point by point.
func collect(t *testing.T, reader sdkmetric.Reader) []string {
	t.Helper()
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	var points []string
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					points = append(points, fmt.Sprint(m.Name, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Value))
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points = append(points, fmt.Sprint(m.Name, p.Attributes.Encoded(attribute.DefaultEncoder()), p.Sum, p.BucketCounts))
				}
			}
		}
	}
	slices.Sort(points)
	return points
}
