// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// exposition is what a /metrics page says.
type exposition map[string]*dto.MetricFamily

// scrape reads a page in Prometheus's text format.
func scrape(url string) (exposition, error) {
	page, err := get(url)
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(page))
}

// sum adds up all series of a counter.
func (e exposition) sum(name string) int {
	var sum float64
	for _, metric := range e[name].GetMetric() {
		sum += metric.GetCounter().GetValue()
	}
	return int(sum)
}

// count adds up the observations of all series of a histogram.
func (e exposition) count(name string) int {
	var sum uint64
	for _, metric := range e[name].GetMetric() {
		sum += metric.GetHistogram().GetSampleCount()
	}
	return int(sum)
}
