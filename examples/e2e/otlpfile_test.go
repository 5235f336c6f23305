// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// The part of OTLP/JSON, as the collector's file exporter writes it, that the tests read. 64-bit integers are strings there.
type (
	otlpValue struct {
		String *string `json:"stringValue"`
		Int    *string `json:"intValue"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpSpan struct {
		TraceID      string          `json:"traceId"`
		SpanID       string          `json:"spanId"`
		ParentSpanID string          `json:"parentSpanId"`
		Name         string          `json:"name"`
		Start        uint64          `json:"startTimeUnixNano,string"`
		End          uint64          `json:"endTimeUnixNano,string"`
		Attributes   []otlpAttribute `json:"attributes"`
	}
	otlpExemplar struct {
		TraceID string  `json:"traceId"`
		SpanID  string  `json:"spanId"`
		Value   float64 `json:"asDouble"`
	}
	otlpPoint struct {
		Attributes []otlpAttribute `json:"attributes"`
		Time       uint64          `json:"timeUnixNano,string"`
		Int        int64           `json:"asInt,string"`
		Double     float64         `json:"asDouble"`
		Count      uint64          `json:"count,string"`
		Exemplars  []otlpExemplar  `json:"exemplars"`
	}
	otlpData struct {
		Points []otlpPoint `json:"dataPoints"`
	}
	otlpMetric struct {
		Name        string    `json:"name"`
		Sum         *otlpData `json:"sum"`
		Histogram   *otlpData `json:"histogram"`
		Exponential *otlpData `json:"exponentialHistogram"`
	}
)

// readSpans returns all spans of a file of the collector.
func readSpans(path string) ([]otlpSpan, error) {
	type batch struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []otlpSpan `json:"spans"`
			} `json:"scopeSpans"`
		} `json:"resourceSpans"`
	}
	var spans []otlpSpan
	err := readBatches(path, func(b batch) {
		for _, resource := range b.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				spans = append(spans, scope.Spans...)
			}
		}
	})
	return spans, err
}

// metricFile is what a file of the collector holds of metrics.
type metricFile struct {
	latest    map[string]map[string]otlpPoint // by metric name, then by resource and attributes
	exemplars map[string][]otlpExemplar       // by metric name, of all points: a point has only those since the point before
}

// readMetrics returns the metrics of a file of the collector.
func readMetrics(path string) (metricFile, error) {
	type batch struct {
		ResourceMetrics []struct {
			Resource     otlpResource `json:"resource"`
			ScopeMetrics []struct {
				Metrics []otlpMetric `json:"metrics"`
			} `json:"scopeMetrics"`
		} `json:"resourceMetrics"`
	}
	file := metricFile{latest: map[string]map[string]otlpPoint{}, exemplars: map[string][]otlpExemplar{}}
	err := readBatches(path, func(b batch) {
		for _, resource := range b.ResourceMetrics {
			for _, scope := range resource.ScopeMetrics {
				for _, metric := range scope.Metrics {
					for _, data := range []*otlpData{metric.Sum, metric.Histogram, metric.Exponential} {
						if data != nil {
							file.add(resource.Resource, metric.Name, data.Points)
						}
					}
				}
			}
		}
	})
	return file, err
}

func (f metricFile) add(resource otlpResource, metric string, points []otlpPoint) {
	if f.latest[metric] == nil {
		f.latest[metric] = map[string]otlpPoint{}
	}
	for _, point := range points {
		series := attributeKey(resource.Attributes) + "|" + attributeKey(point.Attributes)
		if point.Time >= f.latest[metric][series].Time {
			f.latest[metric][series] = point
		}
		f.exemplars[metric] = append(f.exemplars[metric], point.Exemplars...)
	}
}

// sum adds up the newest points of a counter.
func (f metricFile) sum(metric string) int {
	var sum float64
	for _, point := range f.latest[metric] {
		sum += float64(point.Int) + point.Double // one of the two is set
	}
	return int(sum)
}

// count adds up the number of observations in the newest points of a histogram.
func (f metricFile) count(metric string) int {
	var sum uint64
	for _, point := range f.latest[metric] {
		sum += point.Count
	}
	return int(sum)
}

// attributeKey makes attributes comparable. The collector keeps their order.
func attributeKey(attributes []otlpAttribute) string {
	key, err := json.Marshal(attributes)
	if err != nil {
		panic(err) // two strings always marshal
	}
	return string(key)
}

// readBatches reads a file of JSON lines that may not be there yet and may end in the middle of a line.
func readBatches[T any](path string, visit func(T)) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	complete := content[:bytes.LastIndexByte(content, '\n')+1]
	for line := range bytes.Lines(complete) {
		var batch T
		if err := json.Unmarshal(line, &batch); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		visit(batch)
	}
	return nil
}
