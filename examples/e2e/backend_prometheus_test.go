// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// prometheus is a running Prometheus.
type prometheus struct {
	*process
	address string
}

// startPrometheus starts an empty Prometheus with a configuration and waits until it is ready.
func startPrometheus(t *testing.T, config string) *prometheus {
	t.Helper()
	program := programPath(t, prometheusProgram)
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &prometheus{address: freeAddress(t)}
	p.process = startProcess(t, "prometheus", program, []string{
		"--config.file=" + file,
		"--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + p.address,
		"--web.enable-remote-write-receiver",
		"--web.enable-otlp-receiver",
		"--enable-feature=exemplar-storage",
		"--scrape.discovery-reload-interval=100ms", // otherwise the first scrape comes after five seconds
	}, nil)
	p.waitReady(t, "http://"+p.address+"/-/ready")
	return p
}

// sample is one element of the result of an instant query.
type sample struct {
	labels    map[string]string
	value     float64
	histogram bool // a native histogram, whose value is not read
}

// query evaluates an expression now.
func (p *prometheus) query(expression string) ([]sample, error) {
	var result struct {
		Result []struct {
			Metric    map[string]string `json:"metric"`
			Value     []any             `json:"value"` // time and, as a string, value
			Histogram []any             `json:"histogram"`
		} `json:"result"`
	}
	if err := p.ask("/api/v1/query", url.Values{"query": {expression}}, &result); err != nil {
		return nil, err
	}
	var samples []sample
	for _, r := range result.Result {
		s := sample{labels: r.Metric, histogram: len(r.Histogram) > 0}
		if len(r.Value) == 2 {
			text, _ := r.Value[1].(string)
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", expression, err)
			}
			s.value = value
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// scalar evaluates an expression that has one value.
func (p *prometheus) scalar(expression string) (float64, error) {
	samples, err := p.query(expression)
	if err != nil {
		return 0, err
	}
	if len(samples) != 1 {
		return 0, fmt.Errorf("%s has %d results", expression, len(samples))
	}
	return samples[0].value, nil
}

// exemplar is one of the answer of the exemplar API.
type exemplar struct {
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value,string"`
}

// exemplars returns those of the last hour.
func (p *prometheus) exemplars(selector string) ([]exemplar, error) {
	var result []struct {
		Exemplars []exemplar `json:"exemplars"`
	}
	now := time.Now()
	err := p.ask("/api/v1/query_exemplars", url.Values{
		"query": {selector},
		"start": {fmt.Sprint(now.Add(-time.Hour).Unix())},
		"end":   {fmt.Sprint(now.Add(time.Hour).Unix())},
	}, &result)
	var all []exemplar
	for _, series := range result {
		all = append(all, series.Exemplars...)
	}
	return all, err
}

// ask decodes the data of an answer of the API.
func (p *prometheus) ask(path string, parameters url.Values, data any) error {
	body, err := get("http://" + p.address + path + "?" + parameters.Encode())
	if err != nil {
		return err
	}
	answer := struct {
		Data any `json:"data"`
	}{data}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
