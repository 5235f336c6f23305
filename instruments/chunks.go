// SPDX-License-Identifier: Apache-2.0

package instruments

// Class chunks: chunk statistics.
var (
	// ChunkStatisticsEnabled is lmcache.chunk_statistics.enabled. Whether chunk statistics are being gathered: 1 if they are, 0 if not.
	ChunkStatisticsEnabled = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.enabled", Unit: "1",
		Description: "Whether chunk statistics are being gathered: 1 if they are, 0 if not.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_enabled"},
	})

	// ChunkStatisticsRequests is lmcache.chunk_statistics.requests. Requests that chunk statistics have seen.
	ChunkStatisticsRequests = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.requests", Unit: "{request}",
		Description: "Requests that chunk statistics have seen.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_total_requests"},
	})

	// ChunkStatisticsChunks is lmcache.chunk_statistics.chunks. Chunks that chunk statistics have seen, repeats included.
	ChunkStatisticsChunks = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.chunks", Unit: "{chunk}",
		Description: "Chunks that chunk statistics have seen, repeats included.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_total_chunks"},
	})

	// ChunkStatisticsUniqueChunks is lmcache.chunk_statistics.unique_chunks. Different chunks that chunk statistics have seen.
	ChunkStatisticsUniqueChunks = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.unique_chunks", Unit: "{chunk}",
		Description: "Different chunks that chunk statistics have seen.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_unique_chunks"},
	})

	// ChunkStatisticsReuseRate is lmcache.chunk_statistics.reuse_rate. Share of the chunks seen by chunk statistics that had been seen before.
	ChunkStatisticsReuseRate = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.reuse_rate", Unit: "1",
		Description: "Share of the chunks seen by chunk statistics that had been seen before.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_reuse_rate"},
	})

	// ChunkStatisticsBloomFilterSize is lmcache.chunk_statistics.bloom_filter.size. Size of the Bloom filter that recognises chunks.
	ChunkStatisticsBloomFilterSize = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.bloom_filter.size", Unit: "By",
		Description: "Size of the Bloom filter that recognises chunks.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_bloom_filter_size_mb", Unit: "MB", Scale: perMiB},
	})

	// ChunkStatisticsBloomFilterFillRate is lmcache.chunk_statistics.bloom_filter.fill_rate. Share of the Bloom filter's bits that are set.
	ChunkStatisticsBloomFilterFillRate = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.bloom_filter.fill_rate", Unit: "1",
		Description: "Share of the Bloom filter's bits that are set.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_bloom_filter_fill_rate"},
	})

	// ChunkStatisticsFiles is lmcache.chunk_statistics.files. Files that chunk statistics have written.
	ChunkStatisticsFiles = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.files", Unit: "{file}",
		Description: "Files that chunk statistics have written.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_file_count"},
	})

	// ChunkStatisticsFileSize is lmcache.chunk_statistics.file.size. Size of the file that chunk statistics are writing.
	ChunkStatisticsFileSize = observableGauge(Metric{
		Class: ClassChunks, Name: "lmcache.chunk_statistics.file.size", Unit: "By",
		Description: "Size of the file that chunk statistics are writing.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:chunk_statistics_current_file_size"},
	})
)
