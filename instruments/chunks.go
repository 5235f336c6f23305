// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of chunk statistics.
var (
	ChunkStatisticsEnabled = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.enabled", Unit: "1",
		Description: "Whether chunk statistics are being gathered: 1 if they are, 0 if not.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_enabled"},
	})

	ChunkStatisticsRequests = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.requests", Unit: "{request}",
		Description: "Requests that chunk statistics have seen.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_total_requests"},
	})

	ChunkStatisticsChunks = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.chunks", Unit: "{chunk}",
		Description: "Chunks that chunk statistics have seen, repeats included.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_total_chunks"},
	})

	ChunkStatisticsUniqueChunks = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.unique_chunks", Unit: "{chunk}",
		Description: "Different chunks that chunk statistics have seen.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_unique_chunks"},
	})

	ChunkStatisticsReuseRate = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.reuse_rate", Unit: "1",
		Description: "Share of the chunks seen by chunk statistics that had been seen before.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_reuse_rate"},
	})

	ChunkStatisticsBloomFilterSize = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.bloom_filter.size", Unit: "By",
		Description: "Size of the Bloom filter that recognises chunks.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_bloom_filter_size_mb", Unit: "MB", Scale: perMiB},
	})

	ChunkStatisticsBloomFilterFillRate = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.bloom_filter.fill_rate", Unit: "1",
		Description: "Share of the Bloom filter's bits that are set.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_bloom_filter_fill_rate"},
	})

	ChunkStatisticsFiles = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.files", Unit: "{file}",
		Description: "Files that chunk statistics have written.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_file_count"},
	})

	ChunkStatisticsFileSize = chunks.observableGauge(Metric{
		Name: "lmcache.chunk_statistics.file.size", Unit: "By",
		Description: "Size of the file that chunk statistics are writing.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:chunk_statistics_current_file_size"},
	})
)
