// SPDX-License-Identifier: Apache-2.0

package instruments

import (
	"slices"
	"strings"
)

// Metric describes one metric.
type Metric struct {
	Class Class
	// Name is the OpenTelemetry name.
	Name string
	Kind Kind
	// Unit is the unit of measurements in UCUM: s, By, 1, or the thing that is
	// counted, such as {token}.
	Unit string
	// Description is one sentence for the people who read the metric.
	Description string
	// FedBy names the methods of otelcache's Monitor and operations that feed
	// the metric, or the package that counts for the process.
	FedBy string
	// Process is true for a metric of the process, whose measurements lack an
	// engine's identity.
	Process bool
	// Attributes are those that measurements have beside the engine's identity.
	Attributes []Attribute
	// Bounds are the upper bounds of a histogram's buckets in Unit; nil for
	// other kinds.
	Bounds []float64
	// LMCache is the metric on LMCache's own page. It is the zero Exposition for
	// a metric that LMCache lacks.
	LMCache Exposition
}

// Exposition describes a metric in one vocabulary. Its zero value stands for a
// metric that the vocabulary lacks.
type Exposition struct {
	// Name is the name in the vocabulary, such as "lmcache:time_to_retrieve". On
	// Prometheus, the series of a counter additionally end in "_total".
	Name string
	// Unit is the vocabulary's word for the unit, which may be empty.
	Unit string
	// Scale converts from [Metric.Unit] to Unit.
	Scale Scale
	// Bounds are the upper bounds of a histogram's buckets, in Unit.
	Bounds []float64
	// Idle is the value shown before anything was recorded.
	Idle float64
}

// ShortName returns the name without a prefix that ends in a colon.
func (e Exposition) ShortName() string {
	if _, short, ok := strings.Cut(e.Name, ":"); ok {
		return short
	}
	return e.Name
}

// vocabularies returns the metric in every vocabulary.
func (m *Metric) vocabularies() []*Exposition { return []*Exposition{&m.LMCache} }

// expositions returns the metric in its own terms, then in every vocabulary.
func (m Metric) expositions() []Exposition {
	list := []Exposition{{Name: m.Name, Unit: m.Unit, Bounds: m.Bounds}}
	for _, e := range m.vocabularies() {
		list = append(list, *e)
	}
	return list
}

// Names returns every name of the metric, OpenTelemetry's first, then those of
// each vocabulary with and without prefix.
func (m Metric) Names() []string {
	var names []string
	for _, e := range m.expositions() {
		for _, name := range []string{e.Name, e.ShortName()} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Exposition returns the metric as the owner of the name knows it; ok is false
// when none of [Metric.Names] is that name.
func (m Metric) Exposition(name string) (e Exposition, ok bool) {
	for _, e := range m.expositions() {
		if name != "" && (e.Name == name || e.ShortName() == name) {
			return e, true
		}
	}
	return Exposition{}, false
}

// Identifier returns the Go name of the metric: of its variable in this package
// and, if it has one, of its field in otelcache.Stats.
func (m Metric) Identifier() string {
	var name strings.Builder
	for word := range strings.FieldsFuncSeq(strings.TrimPrefix(m.Name, "lmcache."), func(r rune) bool { return r == '.' || r == '_' }) {
		switch word {
		case "cpu", "gpu", "io", "kv", "p2p":
			word = strings.ToUpper(word)
		case "ids":
			word = "IDs"
		case "otel":
			word = "OTel"
		}
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String()
}

func (m Metric) clone() Metric {
	m.Bounds = slices.Clone(m.Bounds)
	m.Attributes = slices.Clone(m.Attributes)
	for i := range m.Attributes {
		m.Attributes[i].Values = slices.Clone(m.Attributes[i].Values)
	}
	for _, e := range m.vocabularies() {
		e.Bounds = slices.Clone(e.Bounds)
	}
	return m
}
