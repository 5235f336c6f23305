// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of the connector and the scheduler it serves.
var (
	SchedulerUnfinishedRequests = connector.observableGauge(Metric{
		Name: "lmcache.scheduler.unfinished_requests", Unit: "{request}",
		Description: "Requests that the scheduler has not finished.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:scheduler_unfinished_requests_count"},
	})

	ConnectorLoadSpecs = connector.observableGauge(Metric{
		Name: "lmcache.connector.load_specs", Unit: "{spec}",
		Description: "Load specifications that the connector holds.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:connector_load_specs_count"},
	})

	ConnectorRequestTrackers = connector.observableGauge(Metric{
		Name: "lmcache.connector.request_trackers", Unit: "{tracker}",
		Description: "Request trackers that the connector holds.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:connector_request_trackers_count"},
	})

	ConnectorKVCaches = connector.observableGauge(Metric{
		Name: "lmcache.connector.kv_caches", Unit: "{cache}",
		Description: "KV caches registered with the connector.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:connector_kv_caches_count"},
	})

	ConnectorLayerwiseRetrievers = connector.observableGauge(Metric{
		Name: "lmcache.connector.layerwise_retrievers", Unit: "{retriever}",
		Description: "Layer-wise retrievers that the connector runs.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:connector_layerwise_retrievers_count"},
	})

	ConnectorInvalidBlockIDs = connector.observableGauge(Metric{
		Name: "lmcache.connector.invalid_block_ids", Unit: "{block}",
		Description: "Block ids that the connector marked invalid.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:connector_invalid_block_ids_count"},
	})

	ConnectorRequestsPriority = connector.observableGauge(Metric{
		Name: "lmcache.connector.requests_priority", Unit: "{request}",
		Description: "Requests for which the connector holds a priority.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:connector_requests_priority_count"},
	})
)
