// SPDX-License-Identifier: Apache-2.0

package instruments

// Class threads: periodic threads.
var (
	// PeriodicThreadsTotal is lmcache.periodic_threads.total. Periodic threads registered.
	PeriodicThreadsTotal = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.total", Unit: "{thread}",
		Description: "Periodic threads registered.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_total_count"},
	})

	// PeriodicThreadsRunning is lmcache.periodic_threads.running. Periodic threads that are running.
	PeriodicThreadsRunning = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.running", Unit: "{thread}",
		Description: "Periodic threads that are running.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_running_count"},
	})

	// PeriodicThreadsActive is lmcache.periodic_threads.active. Periodic threads that made progress within their expected interval.
	PeriodicThreadsActive = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.active", Unit: "{thread}",
		Description: "Periodic threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_active_count"},
	})

	// PeriodicThreadsCriticalTotal is lmcache.periodic_threads.critical.total. Periodic critical threads registered.
	PeriodicThreadsCriticalTotal = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.critical.total", Unit: "{thread}",
		Description: "Periodic critical threads registered.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_critical_total"},
	})

	// PeriodicThreadsCriticalRunning is lmcache.periodic_threads.critical.running. Periodic critical threads that are running.
	PeriodicThreadsCriticalRunning = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.critical.running", Unit: "{thread}",
		Description: "Periodic critical threads that are running.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_critical_running"},
	})

	// PeriodicThreadsCriticalActive is lmcache.periodic_threads.critical.active. Periodic critical threads that made progress within their expected interval.
	PeriodicThreadsCriticalActive = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.critical.active", Unit: "{thread}",
		Description: "Periodic critical threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_critical_active"},
	})

	// PeriodicThreadsHighTotal is lmcache.periodic_threads.high.total. Periodic high-priority threads registered.
	PeriodicThreadsHighTotal = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.high.total", Unit: "{thread}",
		Description: "Periodic high-priority threads registered.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_high_total"},
	})

	// PeriodicThreadsHighRunning is lmcache.periodic_threads.high.running. Periodic high-priority threads that are running.
	PeriodicThreadsHighRunning = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.high.running", Unit: "{thread}",
		Description: "Periodic high-priority threads that are running.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_high_running"},
	})

	// PeriodicThreadsHighActive is lmcache.periodic_threads.high.active. Periodic high-priority threads that made progress within their expected interval.
	PeriodicThreadsHighActive = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.high.active", Unit: "{thread}",
		Description: "Periodic high-priority threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_high_active"},
	})

	// PeriodicThreadsMediumTotal is lmcache.periodic_threads.medium.total. Periodic medium-priority threads registered.
	PeriodicThreadsMediumTotal = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.medium.total", Unit: "{thread}",
		Description: "Periodic medium-priority threads registered.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_medium_total"},
	})

	// PeriodicThreadsMediumRunning is lmcache.periodic_threads.medium.running. Periodic medium-priority threads that are running.
	PeriodicThreadsMediumRunning = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.medium.running", Unit: "{thread}",
		Description: "Periodic medium-priority threads that are running.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_medium_running"},
	})

	// PeriodicThreadsMediumActive is lmcache.periodic_threads.medium.active. Periodic medium-priority threads that made progress within their expected interval.
	PeriodicThreadsMediumActive = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.medium.active", Unit: "{thread}",
		Description: "Periodic medium-priority threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_medium_active"},
	})

	// PeriodicThreadsLowTotal is lmcache.periodic_threads.low.total. Periodic low-priority threads registered.
	PeriodicThreadsLowTotal = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.low.total", Unit: "{thread}",
		Description: "Periodic low-priority threads registered.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_low_total"},
	})

	// PeriodicThreadsLowRunning is lmcache.periodic_threads.low.running. Periodic low-priority threads that are running.
	PeriodicThreadsLowRunning = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.low.running", Unit: "{thread}",
		Description: "Periodic low-priority threads that are running.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_low_running"},
	})

	// PeriodicThreadsLowActive is lmcache.periodic_threads.low.active. Periodic low-priority threads that made progress within their expected interval.
	PeriodicThreadsLowActive = observableGauge(Metric{
		Class: ClassThreads, Name: "lmcache.periodic_threads.low.active", Unit: "{thread}",
		Description: "Periodic low-priority threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     LMCache{Name: "lmcache:periodic_threads_low_active"},
	})
)
