// SPDX-License-Identifier: Apache-2.0

package instruments

// Class connector: the connector and the scheduler it serves.
var (
	// SchedulerUnfinishedRequests is lmcache.scheduler.unfinished_requests. Requests that the scheduler has not finished.
	SchedulerUnfinishedRequests = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.scheduler.unfinished_requests", Unit: "{request}",
		Description: "Requests that the scheduler has not finished.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:scheduler_unfinished_requests_count"},
	})

	// ConnectorLoadSpecs is lmcache.connector.load_specs. Load specifications that the connector holds.
	ConnectorLoadSpecs = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.connector.load_specs", Unit: "{spec}",
		Description: "Load specifications that the connector holds.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:connector_load_specs_count"},
	})

	// ConnectorRequestTrackers is lmcache.connector.request_trackers. Request trackers that the connector holds.
	ConnectorRequestTrackers = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.connector.request_trackers", Unit: "{tracker}",
		Description: "Request trackers that the connector holds.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:connector_request_trackers_count"},
	})

	// ConnectorKVCaches is lmcache.connector.kv_caches. KV caches registered with the connector.
	ConnectorKVCaches = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.connector.kv_caches", Unit: "{cache}",
		Description: "KV caches registered with the connector.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:connector_kv_caches_count"},
	})

	// ConnectorLayerwiseRetrievers is lmcache.connector.layerwise_retrievers. Layer-wise retrievers that the connector runs.
	ConnectorLayerwiseRetrievers = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.connector.layerwise_retrievers", Unit: "{retriever}",
		Description: "Layer-wise retrievers that the connector runs.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:connector_layerwise_retrievers_count"},
	})

	// ConnectorInvalidBlockIDs is lmcache.connector.invalid_block_ids. Block ids that the connector marked invalid.
	ConnectorInvalidBlockIDs = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.connector.invalid_block_ids", Unit: "{block}",
		Description: "Block ids that the connector marked invalid.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:connector_invalid_block_ids_count"},
	})

	// ConnectorRequestsPriority is lmcache.connector.requests_priority. Requests for which the connector holds a priority.
	ConnectorRequestsPriority = observableGauge(Metric{
		Class: ClassConnector, Name: "lmcache.connector.requests_priority", Unit: "{request}",
		Description: "Requests for which the connector holds a priority.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:connector_requests_priority_count"},
	})
)
