// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of the phases inside retrieves and stores.
var (
	RetrieveProcessTokensDuration = phase.histogram(Metric{
		Name: "lmcache.retrieve.process_tokens.duration", Unit: "s",
		Description: "Time that a retrieve spent turning tokens into cache keys.",
		FedBy:       "Retrieve phase ProcessTokens",
		LMCache:     Exposition{Name: "lmcache:retrieve_process_tokens_time", Unit: "s", Bounds: doublingSeconds},
	})

	RetrieveBroadcastDuration = phase.histogram(Metric{
		Name: "lmcache.retrieve.broadcast.duration", Unit: "s",
		Description: "Time that a retrieve spent broadcasting memory objects to the other workers.",
		FedBy:       "Retrieve phase Broadcast",
		LMCache:     Exposition{Name: "lmcache:retrieve_broadcast_time", Unit: "s", Bounds: doublingSeconds},
	})

	RetrieveToGPUDuration = phase.histogram(Metric{
		Name: "lmcache.retrieve.to_gpu.duration", Unit: "s",
		Description: "Time that a retrieve spent copying KV cache to the GPU.",
		FedBy:       "Retrieve phase ToGPU",
		LMCache:     Exposition{Name: "lmcache:retrieve_to_gpu_time", Unit: "s", Bounds: doublingSeconds},
	})

	RetrieveRemoteBatchedGetDuration = phase.histogram(Metric{
		Name: "lmcache.retrieve.remote_batched_get.duration", Unit: "s",
		Description: "Time that a retrieve waited for batched gets of the remote backend.",
		FedBy:       "Retrieve phase RemoteBatchedGet",
		LMCache:     Exposition{Name: "lmcache:remote_backend_batched_get_blocking_time", Unit: "s", Bounds: doublingSeconds},
	})

	RetrieveConnectorBatchedGetDuration = phase.histogram(Metric{
		Name: "lmcache.retrieve.connector_batched_get.duration", Unit: "s",
		Description: "Time that a retrieve spent in batched gets inside the remote connector.",
		FedBy:       "Retrieve phase ConnectorBatchedGet",
		LMCache:     Exposition{Name: "lmcache:instrumented_connector_batched_get_time", Unit: "s", Bounds: doublingSeconds},
	})

	StoreProcessTokensDuration = phase.histogram(Metric{
		Name: "lmcache.store.process_tokens.duration", Unit: "s",
		Description: "Time that a store spent turning tokens into cache keys.",
		FedBy:       "Store phase ProcessTokens",
		LMCache:     Exposition{Name: "lmcache:store_process_tokens_time", Unit: "s", Bounds: doublingSeconds},
	})

	StoreFromGPUDuration = phase.histogram(Metric{
		Name: "lmcache.store.from_gpu.duration", Unit: "s",
		Description: "Time that a store spent copying KV cache from the GPU.",
		FedBy:       "Store phase FromGPU",
		LMCache:     Exposition{Name: "lmcache:store_from_gpu_time", Unit: "s", Bounds: doublingSeconds},
	})

	StorePutDuration = phase.histogram(Metric{
		Name: "lmcache.store.put.duration", Unit: "s",
		Description: "Time that a store spent handing KV cache to the storage backends.",
		FedBy:       "Store phase Put",
		LMCache:     Exposition{Name: "lmcache:store_put_time", Unit: "s", Bounds: doublingSeconds},
	})

	OperationPhaseDuration = phase.histogram(Metric{
		Name: "lmcache.operation.phase.duration", Unit: "s",
		Description: "Time that an operation spent in a phase of the host's own.",
		FedBy:       "Retrieve.StartPhase, Store.StartPhase, Lookup.StartPhase, Transfer.StartPhase",
		Attributes:  []Attribute{operation, phaseName},
		Bounds:      doublingSeconds,
	})
)
