// SPDX-License-Identifier: Apache-2.0

package instruments

// Class remote: remote backends.
var (
	// RemoteReadRequests is lmcache.remote.read.requests. Reads from the remote backend.
	RemoteReadRequests = counter(Metric{
		Class: ClassRemote, Name: "lmcache.remote.read.requests", Unit: "{request}",
		Description: "Reads from the remote backend.",
		FedBy:       "RemoteRead, RemoteGet.Finish",
		LMCache:     LMCache{Name: "lmcache:num_remote_read_requests", Unit: "requests"},
	})

	// RemoteReadIO is lmcache.remote.read.io. Bytes read from the remote backend.
	RemoteReadIO = counter(Metric{
		Class: ClassRemote, Name: "lmcache.remote.read.io", Unit: "By",
		Description: "Bytes read from the remote backend.",
		FedBy:       "RemoteRead, RemoteGet.Finish",
		LMCache:     LMCache{Name: "lmcache:num_remote_read_bytes", Unit: "bytes"},
	})

	// RemoteWriteRequests is lmcache.remote.write.requests. Writes to the remote backend.
	RemoteWriteRequests = counter(Metric{
		Class: ClassRemote, Name: "lmcache.remote.write.requests", Unit: "{request}",
		Description: "Writes to the remote backend.",
		FedBy:       "RemoteWrite, RemotePut.Finish",
		LMCache:     LMCache{Name: "lmcache:num_remote_write_requests", Unit: "requests"},
	})

	// RemoteWriteIO is lmcache.remote.write.io. Bytes written to the remote backend.
	RemoteWriteIO = counter(Metric{
		Class: ClassRemote, Name: "lmcache.remote.write.io", Unit: "By",
		Description: "Bytes written to the remote backend.",
		FedBy:       "RemoteWrite, RemotePut.Finish",
		LMCache:     LMCache{Name: "lmcache:num_remote_write_bytes", Unit: "bytes"},
	})

	// RemotePingErrors is lmcache.remote.ping.errors. Pings of the remote backend that returned an error code.
	RemotePingErrors = counter(Metric{
		Class: ClassRemote, Name: "lmcache.remote.ping.errors", Unit: "{ping}",
		Description: "Pings of the remote backend that returned an error code.",
		FedBy:       "Ping",
		LMCache:     LMCache{Name: "lmcache:remote_ping_errors", Unit: "pings"},
	})

	// RemotePingSuccesses is lmcache.remote.ping.successes. Pings of the remote backend that succeeded.
	RemotePingSuccesses = counter(Metric{
		Class: ClassRemote, Name: "lmcache.remote.ping.successes", Unit: "{ping}",
		Description: "Pings of the remote backend that succeeded.",
		FedBy:       "Ping",
		LMCache:     LMCache{Name: "lmcache:remote_ping_successes", Unit: "pings"},
	})

	// RemoteCacheUsage is lmcache.remote_cache.usage. Bytes that the remote cache holds.
	RemoteCacheUsage = gauge(Metric{
		Class: ClassRemote, Name: "lmcache.remote_cache.usage", Unit: "By",
		Description: "Bytes that the remote cache holds.",
		FedBy:       "SetRemoteCacheUsage",
		LMCache:     LMCache{Name: "lmcache:remote_cache_usage", Unit: "bytes"},
	})

	// RemotePingLatency is lmcache.remote.ping.latency. Round-trip time of the last ping of the remote backend.
	RemotePingLatency = gauge(Metric{
		Class: ClassRemote, Name: "lmcache.remote.ping.latency", Unit: "s",
		Description: "Round-trip time of the last ping of the remote backend.",
		FedBy:       "Ping",
		LMCache:     LMCache{Name: "lmcache:remote_ping_latency", Unit: "ms", Scale: perMilli},
	})

	// RemotePingErrorCode is lmcache.remote.ping.error_code. Error code of the last ping of the remote backend; 0 is success.
	RemotePingErrorCode = gauge(Metric{
		Class: ClassRemote, Name: "lmcache.remote.ping.error_code", Unit: "1",
		Description: "Error code of the last ping of the remote backend; 0 is success.",
		FedBy:       "Ping",
		LMCache:     LMCache{Name: "lmcache:remote_ping_error_code", Unit: "code"},
	})

	// RemoteGetDuration is lmcache.remote.get.duration. Time that a get from the remote backend took.
	RemoteGetDuration = histogram(Metric{
		Class: ClassRemote, Name: "lmcache.remote.get.duration", Unit: "s",
		Description: "Time that a get from the remote backend took.",
		FedBy:       "RemoteGetTime, RemoteGet.Finish",
		LMCache:     LMCache{Name: "lmcache:remote_time_to_get", Unit: "ms", Scale: perMilli, Bounds: remoteMilliseconds},
	})

	// RemotePutDuration is lmcache.remote.put.duration. Time that a put to the remote backend took.
	RemotePutDuration = histogram(Metric{
		Class: ClassRemote, Name: "lmcache.remote.put.duration", Unit: "s",
		Description: "Time that a put to the remote backend took.",
		FedBy:       "RemotePutTime, RemotePut.Finish",
		LMCache:     LMCache{Name: "lmcache:remote_time_to_put", Unit: "ms", Scale: perMilli, Bounds: remoteMilliseconds},
	})

	// RemoteGetSyncDuration is lmcache.remote.get_sync.duration. Time that a caller waited for a get from the remote backend, scheduling and RPC included.
	RemoteGetSyncDuration = histogram(Metric{
		Class: ClassRemote, Name: "lmcache.remote.get_sync.duration", Unit: "s",
		Description: "Time that a caller waited for a get from the remote backend, scheduling and RPC included.",
		FedBy:       "RemoteGetSyncTime",
		LMCache:     LMCache{Name: "lmcache:remote_time_to_get_sync", Unit: "ms", Scale: perMilli, Bounds: remoteMilliseconds},
	})

	// KVMessageQueueSize is lmcache.kv_message_queue.size. Messages that wait in the KV message queue.
	KVMessageQueueSize = observableGauge(Metric{
		Class: ClassRemote, Name: "lmcache.kv_message_queue.size", Unit: "{message}",
		Description: "Messages that wait in the KV message queue.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:kv_msg_queue_size"},
	})

	// RemotePutTasks is lmcache.remote.put.tasks. Puts to the remote backend in flight.
	RemotePutTasks = observableGauge(Metric{
		Class: ClassRemote, Name: "lmcache.remote.put.tasks", Unit: "{task}",
		Description: "Puts to the remote backend in flight.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:remote_put_task_num"},
	})
)
