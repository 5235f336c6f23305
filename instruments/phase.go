// SPDX-License-Identifier: Apache-2.0

package instruments

// Class phase: the phases inside retrieves and stores.
var (
	// RetrieveProcessTokensDuration is lmcache.retrieve.process_tokens.duration. Time that a retrieve spent turning tokens into cache keys.
	RetrieveProcessTokensDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.retrieve.process_tokens.duration", Unit: "s",
		Description: "Time that a retrieve spent turning tokens into cache keys.",
		FedBy:       "Retrieve phase ProcessTokens",
		LMCache:     LMCache{Name: "lmcache:retrieve_process_tokens_time", Unit: "s", Bounds: doublingSeconds},
	})

	// RetrieveBroadcastDuration is lmcache.retrieve.broadcast.duration. Time that a retrieve spent broadcasting memory objects to the other workers.
	RetrieveBroadcastDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.retrieve.broadcast.duration", Unit: "s",
		Description: "Time that a retrieve spent broadcasting memory objects to the other workers.",
		FedBy:       "Retrieve phase Broadcast",
		LMCache:     LMCache{Name: "lmcache:retrieve_broadcast_time", Unit: "s", Bounds: doublingSeconds},
	})

	// RetrieveToGPUDuration is lmcache.retrieve.to_gpu.duration. Time that a retrieve spent copying KV cache to the GPU.
	RetrieveToGPUDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.retrieve.to_gpu.duration", Unit: "s",
		Description: "Time that a retrieve spent copying KV cache to the GPU.",
		FedBy:       "Retrieve phase ToGPU",
		LMCache:     LMCache{Name: "lmcache:retrieve_to_gpu_time", Unit: "s", Bounds: doublingSeconds},
	})

	// RetrieveRemoteBatchedGetDuration is lmcache.retrieve.remote_batched_get.duration. Time that a retrieve waited for batched gets of the remote backend.
	RetrieveRemoteBatchedGetDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.retrieve.remote_batched_get.duration", Unit: "s",
		Description: "Time that a retrieve waited for batched gets of the remote backend.",
		FedBy:       "Retrieve phase RemoteBatchedGet",
		LMCache:     LMCache{Name: "lmcache:remote_backend_batched_get_blocking_time", Unit: "s", Bounds: doublingSeconds},
	})

	// RetrieveConnectorBatchedGetDuration is lmcache.retrieve.connector_batched_get.duration. Time that a retrieve spent in batched gets inside the remote connector.
	RetrieveConnectorBatchedGetDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.retrieve.connector_batched_get.duration", Unit: "s",
		Description: "Time that a retrieve spent in batched gets inside the remote connector.",
		FedBy:       "Retrieve phase ConnectorBatchedGet",
		LMCache:     LMCache{Name: "lmcache:instrumented_connector_batched_get_time", Unit: "s", Bounds: doublingSeconds},
	})

	// StoreProcessTokensDuration is lmcache.store.process_tokens.duration. Time that a store spent turning tokens into cache keys.
	StoreProcessTokensDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.store.process_tokens.duration", Unit: "s",
		Description: "Time that a store spent turning tokens into cache keys.",
		FedBy:       "Store phase ProcessTokens",
		LMCache:     LMCache{Name: "lmcache:store_process_tokens_time", Unit: "s", Bounds: doublingSeconds},
	})

	// StoreFromGPUDuration is lmcache.store.from_gpu.duration. Time that a store spent copying KV cache from the GPU.
	StoreFromGPUDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.store.from_gpu.duration", Unit: "s",
		Description: "Time that a store spent copying KV cache from the GPU.",
		FedBy:       "Store phase FromGPU",
		LMCache:     LMCache{Name: "lmcache:store_from_gpu_time", Unit: "s", Bounds: doublingSeconds},
	})

	// StorePutDuration is lmcache.store.put.duration. Time that a store spent handing KV cache to the storage backends.
	StorePutDuration = histogram(Metric{
		Class: ClassPhase, Name: "lmcache.store.put.duration", Unit: "s",
		Description: "Time that a store spent handing KV cache to the storage backends.",
		FedBy:       "Store phase Put",
		LMCache:     LMCache{Name: "lmcache:store_put_time", Unit: "s", Bounds: doublingSeconds},
	})
)
