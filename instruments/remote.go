// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of remote backends.
var (
	RemoteReadRequests = remote.counter(Metric{
		Name: "lmcache.remote.read.requests", Unit: "{request}",
		Description: "Reads from the remote backend.",
		FedBy:       "RecordRemoteRead, RemoteGet.Finish",
		LMCache:     Exposition{Name: "lmcache:num_remote_read_requests", Unit: "requests"},
	})

	RemoteReadIO = remote.counter(Metric{
		Name: "lmcache.remote.read.io", Unit: "By",
		Description: "Bytes read from the remote backend.",
		FedBy:       "RecordRemoteRead, RemoteGet.Finish",
		LMCache:     Exposition{Name: "lmcache:num_remote_read_bytes", Unit: "bytes"},
	})

	RemoteWriteRequests = remote.counter(Metric{
		Name: "lmcache.remote.write.requests", Unit: "{request}",
		Description: "Writes to the remote backend.",
		FedBy:       "RecordRemoteWrite, RemotePut.Finish",
		LMCache:     Exposition{Name: "lmcache:num_remote_write_requests", Unit: "requests"},
	})

	RemoteWriteIO = remote.counter(Metric{
		Name: "lmcache.remote.write.io", Unit: "By",
		Description: "Bytes written to the remote backend.",
		FedBy:       "RecordRemoteWrite, RemotePut.Finish",
		LMCache:     Exposition{Name: "lmcache:num_remote_write_bytes", Unit: "bytes"},
	})

	RemotePingErrors = remote.counter(Metric{
		Name: "lmcache.remote.ping.errors", Unit: "{ping}",
		Description: "Pings of the remote backend that returned an error code.",
		FedBy:       "RecordPing",
		LMCache:     Exposition{Name: "lmcache:remote_ping_errors", Unit: "pings"},
	})

	RemotePingSuccesses = remote.counter(Metric{
		Name: "lmcache.remote.ping.successes", Unit: "{ping}",
		Description: "Pings of the remote backend that succeeded.",
		FedBy:       "RecordPing",
		LMCache:     Exposition{Name: "lmcache:remote_ping_successes", Unit: "pings"},
	})

	RemoteCacheUsage = remote.gauge(Metric{
		Name: "lmcache.remote_cache.usage", Unit: "By",
		Description: "Bytes that the remote cache holds.",
		FedBy:       "SetRemoteCacheUsage",
		LMCache:     Exposition{Name: "lmcache:remote_cache_usage", Unit: "bytes"},
	})

	RemotePingLatency = remote.gauge(Metric{
		Name: "lmcache.remote.ping.latency", Unit: "s",
		Description: "Round-trip time of the last ping of the remote backend.",
		FedBy:       "RecordPing",
		LMCache:     Exposition{Name: "lmcache:remote_ping_latency", Unit: "ms", Scale: perMilli},
	})

	RemotePingErrorCode = remote.gauge(Metric{
		Name: "lmcache.remote.ping.error_code", Unit: "1",
		Description: "Error code of the last ping of the remote backend; 0 is success.",
		FedBy:       "RecordPing",
		LMCache:     Exposition{Name: "lmcache:remote_ping_error_code", Unit: "code"},
	})

	RemoteGetDuration = remote.histogram(Metric{
		Name: "lmcache.remote.get.duration", Unit: "s",
		Description: "Time that a get from the remote backend took.",
		FedBy:       "RecordRemoteGetTime, RemoteGet.Finish",
		Attributes:  []Attribute{errorType},
		LMCache:     Exposition{Name: "lmcache:remote_time_to_get", Unit: "ms", Scale: perMilli, Bounds: remoteMilliseconds},
	})

	RemotePutDuration = remote.histogram(Metric{
		Name: "lmcache.remote.put.duration", Unit: "s",
		Description: "Time that a put to the remote backend took.",
		FedBy:       "RecordRemotePutTime, RemotePut.Finish",
		Attributes:  []Attribute{errorType},
		LMCache:     Exposition{Name: "lmcache:remote_time_to_put", Unit: "ms", Scale: perMilli, Bounds: remoteMilliseconds},
	})

	RemoteGetSyncDuration = remote.histogram(Metric{
		Name: "lmcache.remote.get_sync.duration", Unit: "s",
		Description: "Time that a caller waited for a get from the remote backend, scheduling and RPC included.",
		FedBy:       "RecordRemoteGetSyncTime",
		LMCache:     Exposition{Name: "lmcache:remote_time_to_get_sync", Unit: "ms", Scale: perMilli, Bounds: remoteMilliseconds},
	})

	KVMessageQueueSize = remote.observableGauge(Metric{
		Name: "lmcache.kv_message_queue.size", Unit: "{message}",
		Description: "Messages that wait in the KV message queue.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:kv_msg_queue_size"},
	})

	RemotePutTasks = remote.observableGauge(Metric{
		Name: "lmcache.remote.put.tasks", Unit: "{task}",
		Description: "Puts to the remote backend in flight.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:remote_put_task_num"},
	})

	RemoteGetFailures = remote.counter(Metric{
		Name: "lmcache.remote.get.failures", Unit: "{request}",
		Description: "Gets from the remote backend that failed.",
		FedBy:       "RemoteGet.Fail",
	})

	RemoteGetCancelled = remote.counter(Metric{
		Name: "lmcache.remote.get.cancelled", Unit: "{request}",
		Description: "Gets from the remote backend that were cancelled or abandoned.",
		FedBy:       "RemoteGet.Abandon, RemoteGet.Fail",
	})

	RemotePutFailures = remote.counter(Metric{
		Name: "lmcache.remote.put.failures", Unit: "{request}",
		Description: "Puts to the remote backend that failed.",
		FedBy:       "RemotePut.Fail",
	})

	RemotePutCancelled = remote.counter(Metric{
		Name: "lmcache.remote.put.cancelled", Unit: "{request}",
		Description: "Puts to the remote backend that were cancelled or abandoned.",
		FedBy:       "RemotePut.Abandon, RemotePut.Fail",
	})
)
