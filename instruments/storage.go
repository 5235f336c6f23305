// SPDX-License-Identifier: Apache-2.0

package instruments

// Class storage: storage events.
var (
	// StorageEventsOngoing is lmcache.storage_events.ongoing. Storage events that are in progress.
	StorageEventsOngoing = observableGauge(Metric{
		Class: ClassStorage, Name: "lmcache.storage_events.ongoing", Unit: "{event}",
		Description: "Storage events that are in progress.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:storage_events_ongoing_count"},
	})

	// StorageEventsDone is lmcache.storage_events.done. Storage events that are complete and wait to be collected.
	StorageEventsDone = observableGauge(Metric{
		Class: ClassStorage, Name: "lmcache.storage_events.done", Unit: "{event}",
		Description: "Storage events that are complete and wait to be collected.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:storage_events_done_count"},
	})

	// StorageEventsNotFound is lmcache.storage_events.not_found. Storage events whose status was asked for and is unknown.
	StorageEventsNotFound = observableGauge(Metric{
		Class: ClassStorage, Name: "lmcache.storage_events.not_found", Unit: "{event}",
		Description: "Storage events whose status was asked for and is unknown.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:storage_events_not_found_count"},
	})
)
