// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of storage events.
var (
	StorageEventsOngoing = storage.observableGauge(Metric{
		Name: "lmcache.storage_events.ongoing", Unit: "{event}",
		Description: "Storage events that are in progress.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:storage_events_ongoing_count"},
	})

	StorageEventsDone = storage.observableGauge(Metric{
		Name: "lmcache.storage_events.done", Unit: "{event}",
		Description: "Storage events that are complete and wait to be collected.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:storage_events_done_count"},
	})

	StorageEventsNotFound = storage.observableGauge(Metric{
		Name: "lmcache.storage_events.not_found", Unit: "{event}",
		Description: "Storage events whose status was asked for and is unknown.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:storage_events_not_found_count"},
	})
)
