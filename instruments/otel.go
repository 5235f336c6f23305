// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of this module itself. They count for the process, since it started.
var (
	OTelMisuse = otel.processCounter(Metric{
		Name: "lmcache.otel.misuse", Unit: "{mistake}",
		Description: "Calls of this module that were wrong, and did nothing or something else.",
		FedBy:       "otelcache",
		Attributes:  []Attribute{misuseKind},
	})

	OTelRepairedTexts = otel.processCounter(Metric{
		Name: "lmcache.otel.repaired_texts", Unit: "{text}",
		Description: "Texts of callers that were no valid UTF-8 or too long, and were changed.",
		FedBy:       "otelcache",
	})

	OTelRefusedValues = otel.processCounter(Metric{
		Name: "lmcache.otel.refused_values", Unit: "{value}",
		Description: "Numbers and times of callers that cannot be, and were left out.",
		FedBy:       "otelcache",
	})

	OTelDroppedReports = otel.processCounter(Metric{
		Name: "lmcache.otel.dropped_reports", Unit: "{report}",
		Description: "Reports and warnings for which the queue to the host had no room.",
		FedBy:       "otelcache",
	})

	OTelHostFailures = otel.processCounter(Metric{
		Name: "lmcache.otel.host_failures", Unit: "{failure}",
		Description: "Times that code of the host, such as a sink, failed.",
		FedBy:       "otelcache",
		Attributes:  []Attribute{hostPart},
	})

	OTelScrapes = otel.exporterMetric(KindCounter, Metric{
		Name: "lmcache.otel.scrapes", Unit: "{scrape}",
		Description: "Pages that the exporter was asked for.",
		FedBy:       "exporters/prometheus",
		Attributes:  []Attribute{scrapeResult},
	})

	OTelOverflowedInstruments = otel.exporterMetric(KindGauge, Metric{
		Name: "lmcache.otel.overflowed_instruments", Unit: "{instrument}",
		Description: "Instruments of this module with more series than the SDK's cardinality limit allows, so that the rest share one.",
		FedBy:       "exporters/prometheus",
	})
)
