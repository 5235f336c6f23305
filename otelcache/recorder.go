// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// What a histogram may have beside the API of OpenTelemetry 1.43: the interfaces
// Float64HistogramBinder and Finisher of go.opentelemetry.io/otel/metric/x, a
// module that is not required for their sake.
type (
	binder interface {
		Bind(attrs ...attribute.KeyValue) metric.Float64Histogram
	}
	finisher interface {
		Finish(ctx context.Context, attrs ...attribute.KeyValue)
	}
)

// recorder records into one series of a histogram.
type recorder struct {
	histogram metric.Float64Histogram
	options   []metric.RecordOption // none if the histogram is bound to its attributes
}

func (r recorder) record(ctx context.Context, v float64) { r.histogram.Record(ctx, v, r.options...) }

// bindTo returns the recorder of a histogram for attributes, which options hold
// for histograms that cannot be bound.
func bindTo(h metric.Float64Histogram, attrs []attribute.KeyValue, options []metric.RecordOption) recorder {
	if b, ok := h.(binder); ok {
		return recorder{b.Bind(attrs...), nil}
	}
	return recorder{h, options}
}

func finish(h metric.Float64Histogram, attrs []attribute.KeyValue) {
	if f, ok := h.(finisher); ok {
		f.Finish(context.Background(), attrs...)
	}
}

// recorders has the recorders of a set of attributes, by the indexes of their
// handles, and those of variants: the same attributes and a few more.
//
// All of them are bound and finished together. What was recorded in between is
// then gone for readers, where the histograms can be finished.
type recorders struct {
	histograms []metric.Float64Histogram
	series     *seriesCount
	attrs      []attribute.KeyValue
	options    []metric.RecordOption
	list       []recorder // bound before anything records

	mu       sync.RWMutex
	variants map[variant]recorder
	finished bool
}

// maxMore is the number of attributes that a variant may have beside its series'.
const maxMore = 3

// variant names a series of a histogram with more attributes than others have.
// There are few: their values are bounded.
type variant struct {
	histogram int
	more      [maxMore]attribute.KeyValue
}

func newRecorders(set *instrumentSet, attrs []attribute.KeyValue) *recorders {
	r := &recorders{histograms: set.histograms, series: set.series, attrs: attrs, options: recordOptions(attrs)}
	for _, h := range r.histograms {
		r.list = append(r.list, recorder{h, r.options})
	}
	return r
}

func recordOptions(attrs []attribute.KeyValue) []metric.RecordOption {
	return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attrs...))}
}

// bind lets the recorders start. Nothing may record at the same time.
func (r *recorders) bind() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished = false
	r.series.addEngine(r.attrs)
	for i, h := range r.histograms {
		r.list[i] = bindTo(h, r.attrs, r.options)
	}
}

// finish ends all series. What is recorded from now on is lost.
func (r *recorders) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished = true
	for _, h := range r.histograms {
		finish(h, r.attrs)
	}
	for v := range r.variants {
		finish(r.histograms[v.histogram], r.with(v))
	}
	clear(r.variants)
}

// variant returns the recorder of a histogram with more attributes.
func (r *recorders) variant(histogram int, more ...attribute.KeyValue) recorder {
	key := variant{histogram: histogram}
	copy(key.more[:], more)
	r.mu.RLock()
	v, ok := r.variants[key]
	r.mu.RUnlock()
	if !ok {
		v = r.newVariant(key)
	}
	return v
}

func (r *recorders) newVariant(key variant) recorder {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished {
		return recorder{noop.Float64Histogram{}, nil}
	}
	v, ok := r.variants[key]
	if !ok {
		attrs := r.with(key)
		v = bindTo(r.histograms[key.histogram], attrs, recordOptions(attrs))
		if r.variants == nil {
			r.variants = map[variant]recorder{}
		}
		r.variants[key] = v
		r.series.addVariant(key.histogram, attrs)
	}
	return v
}

// with returns all attributes of a variant.
func (r *recorders) with(v variant) []attribute.KeyValue {
	attrs := slices.Clone(r.attrs)
	for _, a := range v.more {
		if a.Valid() {
			attrs = append(attrs, a)
		}
	}
	return attrs
}
