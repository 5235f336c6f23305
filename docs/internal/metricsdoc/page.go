// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
)

//go:embed page.md.tmpl
var pageTemplate string

// class is one section of the page.
type class struct {
	instruments.Class
	Metrics    []instruments.Metric
	Histograms []instruments.Metric // those of Metrics that have buckets
}

func render() ([]byte, error) {
	all := instruments.All()
	byLMCacheName := slices.DeleteFunc(instruments.All(), func(m instruments.Metric) bool { return m.LMCache.Name == "" })
	slices.SortFunc(byLMCacheName, func(a, b instruments.Metric) int { return strings.Compare(a.LMCache.Name, b.LMCache.Name) })
	page, err := template.New("page.md.tmpl").Option("missingkey=error").Funcs(template.FuncMap{
		"otelName":    prometheus.OTel.FamilyName,
		"lmcacheName": prometheus.LMCache.FamilyName,
		"pageType":    pageType,
		"sameBounds":  func(m instruments.Metric) bool { return slices.Equal(m.Bounds, m.LMCache.Bounds) },
		"bounds":      formatBounds,
	}).Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		Classes       []class
		Metrics       []instruments.Metric
		ByLMCacheName []instruments.Metric
		Attributes    []instruments.Attribute
	}{classes(all), all, byLMCacheName, attributes(all)})
	return out.Bytes(), err
}

// classes groups metrics that come class by class.
func classes(metrics []instruments.Metric) []class {
	var list []class
	for _, m := range metrics {
		if len(list) == 0 || list[len(list)-1].Class != m.Class {
			list = append(list, class{Class: m.Class})
		}
		c := &list[len(list)-1]
		c.Metrics = append(c.Metrics, m)
		if len(m.Bounds) > 0 {
			c.Histograms = append(c.Histograms, m)
		}
	}
	return list
}

// attributes returns those of the metrics, each once.
func attributes(metrics []instruments.Metric) []instruments.Attribute {
	var list []instruments.Attribute
	for _, m := range metrics {
		for _, a := range m.Attributes {
			if !slices.ContainsFunc(list, func(other instruments.Attribute) bool { return other.Key == a.Key }) {
				list = append(list, a)
			}
		}
	}
	return list
}

// pageType is the type that a Prometheus page gives the metric, in either vocabulary.
func pageType(k instruments.Kind) string {
	switch k {
	case instruments.KindCounter:
		return "counter"
	case instruments.KindHistogram:
		return "histogram"
	default:
		return "gauge"
	}
}

func formatBounds(bounds []float64) string {
	words := make([]string, len(bounds))
	for i, b := range bounds {
		words[i] = strconv.FormatFloat(b, 'f', -1, 64)
	}
	return strings.Join(words, " ")
}
