// SPDX-License-Identifier: Apache-2.0

package otelenv

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// Sizes that are certainly a mistake: a queue is allocated at once, and milliseconds must fit a time.Duration.
const (
	maxQueue        = 1 << 24
	maxMilliseconds = math.MaxInt32
)

// Disabled tells whether OTEL_SDK_DISABLED asks for no telemetry at all.
func Disabled() (bool, error) {
	value, _ := Get("OTEL_SDK_DISABLED")
	return strings.EqualFold(value, "true"), boolean("OTEL_SDK_DISABLED")
}

// CheckResource checks OTEL_RESOURCE_ATTRIBUTES. OTEL_SERVICE_NAME may be anything.
func CheckResource() error {
	const name = "OTEL_RESOURCE_ATTRIBUTES"
	const allowed = "key=value pairs, separated by commas, values percent-encoded"
	for i, pair := range List(name) {
		key, value, found := strings.Cut(pair, "=")
		if !found || strings.TrimSpace(key) == "" {
			return fmt.Errorf("%s: entry %d is %q; allowed: %s", name, i+1, pair, allowed)
		}
		if _, err := url.PathUnescape(value); err != nil {
			return fmt.Errorf("%s: value of %q: %w; allowed: %s", name, key, err, allowed)
		}
	}
	return nil
}

// CheckTraces checks the variables that the tracer provider and the batch span processor read.
func CheckTraces() error {
	var errs []error
	for _, name := range []string{"OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT"} {
		errs = append(errs, wholeNumber(name, 0, maxMilliseconds, "milliseconds"))
	}
	for _, name := range []string{"OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"} {
		errs = append(errs, wholeNumber(name, 1, maxQueue, "spans"))
	}
	for _, name := range []string{
		"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT",
		"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT",
		"OTEL_SPAN_LINK_COUNT_LIMIT", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
	} {
		const unlimited = -1
		errs = append(errs, wholeNumber(name, unlimited, math.MaxInt32, "items or characters (-1: no limit)"))
	}
	return errors.Join(append(errs, checkSampler())...)
}

func checkSampler() error {
	const name, argument = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
	if err := oneOf(name, "always_on", "always_off", "traceidratio",
		"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"); err != nil {
		return err
	}
	sampler, _ := Get(name)
	value, ok := Get(argument)
	if !ok || !strings.HasSuffix(strings.ToLower(sampler), "traceidratio") {
		return nil // the other samplers take no argument
	}
	if ratio, err := strconv.ParseFloat(value, 64); err != nil || !(ratio >= 0 && ratio <= 1) {
		return Invalid(argument, value, "a number from 0 to 1")
	}
	return nil
}

// CheckMetrics checks the variables that the meter provider and its readers read; those of the Prometheus server only if it is used.
func CheckMetrics(prometheus bool) error {
	errs := []error{
		wholeNumber("OTEL_METRIC_EXPORT_INTERVAL", 1, maxMilliseconds, "milliseconds"),
		wholeNumber("OTEL_METRIC_EXPORT_TIMEOUT", 1, maxMilliseconds, "milliseconds"),
		oneOf("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based", "always_on", "always_off"),
	}
	if prometheus {
		errs = append(errs, wholeNumber("OTEL_EXPORTER_PROMETHEUS_PORT", 0, math.MaxUint16, "a TCP port"))
	}
	return errors.Join(errs...)
}
