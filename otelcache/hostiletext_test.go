// SPDX-License-Identifier: Apache-2.0

package otelcache_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// Lengths in bytes that are promised.
const (
	nameLength = 256
	spanLength = 4096
	// reportLength is that of a report, with what is said around the details.
	reportLength = spanLength + 512
)

// hostileTexts are what a caller may say. Go's compiler, JSON and databases give
// only valid text; the network and C do not.
var hostileTexts = map[string]string{
	"clean":               "llama-3-70b",
	"empty":               "",
	"NUL":                 "a\x00b",
	"control characters":  "a\x1b[31m\r\n\tb",
	"invalid":             "token \xff",
	"surrogate":           "a\xed\xa0\x80b",
	"truncated":           "ab\xe7\x95",
	"1 MB":                strings.Repeat("x", 1<<20),
	"1 MB of long runes":  strings.Repeat("界", 1<<20/3),
	"1 MB of invalid":     strings.Repeat("\xff", 1<<20),
	"as long as it may":   strings.Repeat("x", nameLength),
	"a byte too long":     strings.Repeat("x", nameLength+1),
	"invalid and growing": strings.Repeat("x\xff", nameLength/2),
}

// textPosition is a place where text of a caller enters.
type textPosition struct {
	name   string
	length int // to which it is cut
	say    func(ctx context.Context, h *hostileHost, text string)
}

// hostileHost is a host whose telemetry is all collected.
type hostileHost struct {
	*telemetry
	t    *testing.T
	log  *logRecorder
	opts []otelcache.Option
}

// options are those of the host's telemetry and more.
func (h *hostileHost) options(more ...otelcache.Option) []otelcache.Option {
	return append(slices.Clone(h.opts), more...)
}

// record makes a span of everything, some of it failed.
func (h *hostileHost) record(ctx context.Context, m *otelcache.Monitor) {
	ctx, r := m.StartRetrieve(ctx, 10)
	_, p := r.StartPhase(ctx, otelcache.ToGPU)
	_, own := r.StartPhase(ctx, verifyChecksums)
	time.Sleep(2 * time.Second) // a slow one
	own.End()
	p.End()
	r.Finish(5)
	_, l := m.StartLookup(ctx, 10)
	time.Sleep(ms)
	l.Fail(errBroken)
}

func (h *hostileHost) monitor(e otelcache.Engine, more ...otelcache.Option) *otelcache.Monitor {
	return openMonitor(h.t, e, h.options(more...)...)
}

// engineFields set one field of an engine.
var engineFields = map[string]func(string) otelcache.Engine{
	"model":        func(s string) otelcache.Engine { return otelcache.Engine{ModelName: s} },
	"worker":       func(s string) otelcache.Engine { return otelcache.Engine{WorkerID: s} },
	"role":         func(s string) otelcache.Engine { return otelcache.Engine{Role: s} },
	"served model": func(s string) otelcache.Engine { return otelcache.Engine{ServedModelName: s} },
}

func textPositions() []textPosition {
	all := []textPosition{
		{"type of an error", nameLength, func(ctx context.Context, h *hostileHost, text string) {
			_, l := h.StartLookup(ctx, 10)
			time.Sleep(ms)
			l.Fail(typedError{text})
		}},
		{"type of a wrapped error of a record", nameLength, func(ctx context.Context, h *hostileHost, text string) {
			h.RecordStore(ctx, twoSeconds(otelcache.Record{Err: fmt.Errorf("put: %w", typedError{text})}))
		}},
		{"WithErrorType", nameLength, func(ctx context.Context, h *hostileHost, text string) {
			m := h.monitor(otelcache.Engine{Role: "named"}, otelcache.WithErrorType(func(error) string { return text }))
			h.record(ctx, m)
		}},
		{"text of an error", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			_, l := h.StartLookup(ctx, 10)
			time.Sleep(ms)
			l.Fail(errors.New(text))
		}},
		{"text of an error of a record", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			h.RecordLookup(ctx, twoSeconds(otelcache.Record{Err: errors.New(text)}))
		}},
		{"panic of an error", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			_, l := h.StartLookup(ctx, 10)
			l.Fail(panickingText(text))
		}},
		{"SetRequestID", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			_, r := h.StartRetrieve(ctx, 10)
			r.SetRequestID(text)
			time.Sleep(2 * time.Second)
			r.Finish(5)
		}},
		{"request id of a record", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			h.RecordRetrieve(ctx, twoSeconds(otelcache.Record{RequestID: text}))
		}},
		{"peer", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			_, tr := h.StartTransfer(ctx, 10, text)
			tr.Finish()
		}},
		{"peer that is served", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			_, tr := h.ServeTransfer(ctx, 10, text)
			tr.Finish()
		}},
		{"peer of a record", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			h.RecordTransfer(ctx, twoSeconds(otelcache.Record{Peer: text}))
		}},
		{"panic of a gauge's callback", spanLength, func(_ context.Context, h *hostileHost, text string) {
			if _, err := h.Observe(instruments.Healthy, func() float64 { panic(text) }); err != nil {
				h.t.Fatal(err)
			}
		}},
		{"panic of WithErrorType", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			m := h.monitor(otelcache.Engine{Role: "panics"}, otelcache.WithErrorType(func(error) string { panic(text) }))
			h.record(ctx, m)
		}},
		{"panic of a sink", spanLength, func(ctx context.Context, h *hostileHost, text string) {
			l, err := otelcache.NewStatsLogger(h.Monitor, time.Hour, otelcache.WithSink(func(otelcache.Stats) { panic(text) }))
			if err != nil {
				h.t.Fatal(err)
			}
			if err := l.Shutdown(ctx); err != nil {
				h.t.Error(err)
			}
		}},
	}
	for field, engine := range engineFields {
		all = append(all, textPosition{"New: " + field, nameLength, func(ctx context.Context, h *hostileHost, text string) {
			h.record(ctx, h.monitor(engine(text)))
		}}, textPosition{"GetOrCreate: " + field, nameLength, func(ctx context.Context, h *hostileHost, text string) {
			m, err := otelcache.GetOrCreate(engine(text), h.opts...)
			if err != nil {
				h.t.Fatal(err)
			}
			defer closeMonitor(h.t, m)
			if again, err := otelcache.GetOrCreate(engine(text), h.opts...); again != m || err != nil {
				h.t.Errorf("the same name gets %p, %v, want %p", again, err, m)
			}
			h.record(ctx, m)
			h.wantAllClean(nameLength, text) // while it is there
		}}, textPosition{"Engines.Monitor: " + field, nameLength, func(ctx context.Context, h *hostileHost, text string) {
			s, err := otelcache.NewEngines(10, time.Hour, h.opts...)
			if err != nil {
				h.t.Fatal(err)
			}
			h.t.Cleanup(func() { _ = s.Close() })
			m := s.Monitor(engine(text))
			if again := s.Monitor(engine(text)); again != m {
				h.t.Error("the same name gets two monitors")
			}
			_, l := s.StartLookup(ctx, 10)
			l.FinishOn(m, 5)
			h.record(ctx, m)
		}})
	}
	attributePositions := map[string]func(string) attribute.KeyValue{
		"key":            func(s string) attribute.KeyValue { return attribute.String("k"+s, "v") },
		"value":          func(s string) attribute.KeyValue { return attribute.String("key", s) },
		"value of slice": func(s string) attribute.KeyValue { return attribute.StringSlice("key", []string{"first", s}) },
	}
	for what, attr := range attributePositions {
		length := func(limit int) int {
			if what == "key" {
				return nameLength
			}
			return limit
		}
		all = append(all, textPosition{"WithAttributes: " + what, nameLength, func(ctx context.Context, h *hostileHost, text string) {
			h.record(ctx, h.monitor(otelcache.Engine{Role: "with attributes"}, otelcache.WithAttributes(attr(text))))
		}}, textPosition{"SetAttributes of an operation: " + what, length(spanLength), func(ctx context.Context, h *hostileHost, text string) {
			_, l := h.StartLookup(ctx, 10)
			l.SetAttributes(everyAttribute, attr(text))
			l.Finish(5)
		}}, textPosition{"SetAttributes of a phase: " + what, length(spanLength), func(ctx context.Context, h *hostileHost, text string) {
			ctx, r := h.StartRetrieve(ctx, 10)
			_, p := r.StartPhase(ctx, otelcache.ToGPU)
			p.SetAttributes(attr(text), everyAttribute)
			p.End()
			r.Finish(5)
		}}, textPosition{"attributes of a record: " + what, length(spanLength), func(ctx context.Context, h *hostileHost, text string) {
			h.RecordStore(ctx, twoSeconds(otelcache.Record{Attributes: []attribute.KeyValue{attr(text)}}))
		}}, textPosition{"links of a record: " + what, length(spanLength), func(ctx context.Context, h *hostileHost, text string) {
			_, span := h.tracer.Tracer("linked").Start(ctx, "request")
			span.End()
			h.RecordStore(ctx, twoSeconds(otelcache.Record{Links: []trace.Link{
				{SpanContext: span.SpanContext(), Attributes: []attribute.KeyValue{everyAttribute}},
				{SpanContext: span.SpanContext(), Attributes: []attribute.KeyValue{attr(text)}},
			}}))
		}}, textPosition{"links of a tier's read: " + what, length(spanLength), func(ctx context.Context, h *hostileHost, text string) {
			redis := h.monitor(otelcache.Engine{Role: "tiers"}, tiersOption).Tier("redis")
			_, read := redis.StartRead(ctx, 10, otelcache.WithLinks(h.linkWith(attr(text))))
			read.Finish(10, 10)
		}}, textPosition{"links of a tier's record: " + what, length(spanLength), func(ctx context.Context, h *hostileHost, text string) {
			redis := h.monitor(otelcache.Engine{Role: "tiers"}, tiersOption).Tier("redis")
			redis.RecordRead(ctx, otelcache.TierRecord{End: time.Now(), Links: []trace.Link{h.linkWith(attr(text))}})
		}})
	}
	return all
}

// linkWith returns a link to a span, with an attribute.
func (h *hostileHost) linkWith(a attribute.KeyValue) trace.Link {
	_, span := h.tracer.Tracer("linked").Start(context.Background(), "request")
	defer span.End()
	return trace.Link{SpanContext: span.SpanContext(), Attributes: []attribute.KeyValue{a}}
}

// panickingText is an error whose text panics with that text.
type panickingText string

func (e panickingText) Error() string { panic(string(e)) }

// TestHostileText says each text in each place. All that comes out is valid and
// bounded, and the text is there, repaired and cut.
func TestHostileText(t *testing.T) {
	for _, position := range textPositions() {
		t.Run(position.name, func(t *testing.T) {
			for name, text := range hostileTexts {
				bubble(t, name, func(t *testing.T) {
					h := newHostileHost(t)
					position.say(context.Background(), h, text)
					if !strings.HasPrefix(position.name, "GetOrCreate") { // which has looked before it closed
						h.wantAllClean(position.length, text)
					}
				})
			}
		})
	}
}

// FuzzHostileText does the same with texts that nobody thought of.
func FuzzHostileText(f *testing.F) {
	positions := textPositions()
	for i := range positions {
		for _, text := range hostileTexts {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, text string) {
		synctest.Test(t, func(t *testing.T) {
			h, position := newHostileHost(t), positions[int(i)%len(positions)]
			position.say(context.Background(), h, text)
			if !strings.HasPrefix(position.name, "GetOrCreate") {
				h.wantAllClean(position.length, text)
			}
		})
	})
}

func newHostileHost(t *testing.T) *hostileHost {
	t.Helper()
	reader, log := sdkmetric.NewManualReader(), new(logRecorder)
	opts := []otelcache.Option{
		otelcache.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		otelcache.WithLogger(slog.New(log)), otelcache.WithSlowRetrieve(time.Second),
	}
	h := &hostileHost{telemetry: newTelemetry(t, opts...), t: t, log: log}
	h.reader = reader
	h.opts = append(opts, otelcache.WithTracerProvider(h.tracer))
	return h
}

// wantAllClean collects everything and checks it, and that what is left of text is
// there.
func (h *hostileHost) wantAllClean(length int, text string) {
	h.t.Helper()
	all := h.exported()
	for _, e := range all {
		wantText(h.t, e.where, e.text, e.length)
	}
	if text == "" {
		return // may be left out
	}
	want, around := strings.ToValidUTF8(text, "\uFFFD"), len("first")+1
	if max(len(text), len(want))+around > length {
		want = strings.ToValidUTF8(text[:33], "\uFFFD") // the beginning, in front of a hash perhaps
	}
	if !slices.ContainsFunc(all, func(e exportedText) bool {
		return strings.Contains(e.text, want) || strings.Contains(e.text, inJSON(want))
	}) {
		h.t.Errorf("nothing says %q", want)
	}
}

// inJSON returns text as it is in a slice that became text.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted[1 : len(quoted)-1])
}

func wantText(t *testing.T, where, text string, length int) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is %.100q, want valid UTF-8", where, text)
	}
	if len(text) > length {
		t.Errorf("%s is %.100q… of %d bytes, want at most %d", where, text, len(text), length)
	}
}

type exportedText struct {
	where, text string
	length      int // at most
}

// exported returns every text in the metrics, spans, log records and reports.
func (h *hostileHost) exported() (all []exportedText) {
	h.t.Helper()
	add := func(where, text string, length int) { all = append(all, exportedText{where, text, length}) }
	attributes := func(where string, attrs []attribute.KeyValue, length int) {
		for _, a := range attrs {
			add("a key of "+where, string(a.Key), nameLength)
			size := 0
			for _, text := range textsOf(a.Value) {
				add(fmt.Sprintf("%.40s of %s", a.Key, where), text, length)
				size += len(text)
			}
			if size > length {
				h.t.Errorf("%s of %s has %d bytes, want at most %d", a.Key, where, size, length)
			}
		}
	}
	for _, m := range collect(h.t, h.reader) {
		for _, p := range dataPoints(m) {
			attributes(m.Name, p.attrs.ToSlice(), nameLength)
			for _, e := range p.exemplars {
				attributes("an exemplar of "+m.Name, e.FilteredAttributes, nameLength)
			}
		}
	}
	for _, s := range h.spans.Ended() {
		add("the name of a span", s.Name(), nameLength)
		add("the status of "+s.Name(), s.Status().Description, spanLength)
		attributes("span "+s.Name(), s.Attributes(), spanLength)
		for _, e := range s.Events() {
			add("an event", e.Name, nameLength)
			attributes("event "+e.Name, e.Attributes, spanLength)
		}
		for _, l := range s.Links() {
			attributes("a link", l.Attributes, spanLength)
		}
	}
	for _, e := range h.log.take() {
		add("a log record", e.message, nameLength)
		for key, v := range e.attrs {
			add("a key of a log record", key, nameLength)
			add(fmt.Sprintf("%.40s of a log record", key), v.String(), spanLength)
		}
	}
	for _, err := range h.misuse.take() {
		add("a report", err.Error(), reportLength)
	}
	return all
}

func textsOf(v attribute.Value) []string {
	if v.Type() == attribute.STRINGSLICE {
		return v.AsStringSlice()
	}
	return []string{v.Emit()}
}

type dataPoint struct {
	attrs     attribute.Set
	exemplars []metricdata.Exemplar[float64]
}

func dataPoints(m metricdata.Metrics) (points []dataPoint) {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, d := range data.DataPoints {
			points = append(points, dataPoint{d.Attributes, nil})
		}
	case metricdata.Gauge[float64]:
		for _, d := range data.DataPoints {
			points = append(points, dataPoint{d.Attributes, nil})
		}
	case metricdata.Histogram[float64]:
		for _, d := range data.DataPoints {
			points = append(points, dataPoint{d.Attributes, d.Exemplars})
		}
	}
	return points
}

// TestLongNamesStayTwo has engines and types of errors whose names differ behind
// what is left of them.
func TestLongNamesStayTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, long := newHostileHost(t), strings.Repeat("x", 1000)
		for _, last := range []string{"a", "b"} {
			m := h.monitor(otelcache.Engine{ModelName: long + last})
			m.RecordEviction(1)
			_, l := m.StartLookup(context.Background(), 1)
			time.Sleep(ms)
			l.Fail(typedError{long + last})
		}
		names, types := map[string]bool{}, map[string]bool{}
		for _, m := range collect(t, h.reader) {
			for _, p := range dataPoints(m) {
				if name, ok := p.attrs.Value("gen_ai.request.model"); ok && strings.HasPrefix(name.AsString(), "xxx") {
					names[name.AsString()] = true
				}
				if typ, ok := p.attrs.Value("error.type"); ok {
					types[typ.AsString()] = true
				}
			}
		}
		if len(names) != 2 || len(types) != 2 {
			t.Errorf("got the models %v and types %v, want two of each", names, types)
		}
		h.misuse.take()
	})
}

// TestRepairedNamesAreReportedOnce checks that a name which comes with every
// request is no flood of reports.
func TestRepairedNamesAreReportedOnce(t *testing.T) {
	s := newEngineSet(t, 3)
	for range 1000 {
		s.model("a\xff").RecordEviction(1)
	}
	wantReport(t, s.misuse, otelcache.ErrMisuse, "valid UTF-8", "gen_ai.request.model", "\uFFFD")
	if n := evicted(t, s.cumulative)["a\uFFFD"]; n != 1000 {
		t.Errorf("%d keys, want 1000", n)
	}
}
