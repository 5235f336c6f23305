// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of periodic threads.
var (
	PeriodicThreadsTotal = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.total", Unit: "{thread}",
		Description: "Periodic threads registered.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_total_count"},
	})

	PeriodicThreadsRunning = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.running", Unit: "{thread}",
		Description: "Periodic threads that are running.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_running_count"},
	})

	PeriodicThreadsActive = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.active", Unit: "{thread}",
		Description: "Periodic threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_active_count"},
	})

	PeriodicThreadsCriticalTotal = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.critical.total", Unit: "{thread}",
		Description: "Periodic critical threads registered.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_critical_total"},
	})

	PeriodicThreadsCriticalRunning = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.critical.running", Unit: "{thread}",
		Description: "Periodic critical threads that are running.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_critical_running"},
	})

	PeriodicThreadsCriticalActive = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.critical.active", Unit: "{thread}",
		Description: "Periodic critical threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_critical_active"},
	})

	PeriodicThreadsHighTotal = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.high.total", Unit: "{thread}",
		Description: "Periodic high-priority threads registered.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_high_total"},
	})

	PeriodicThreadsHighRunning = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.high.running", Unit: "{thread}",
		Description: "Periodic high-priority threads that are running.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_high_running"},
	})

	PeriodicThreadsHighActive = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.high.active", Unit: "{thread}",
		Description: "Periodic high-priority threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_high_active"},
	})

	PeriodicThreadsMediumTotal = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.medium.total", Unit: "{thread}",
		Description: "Periodic medium-priority threads registered.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_medium_total"},
	})

	PeriodicThreadsMediumRunning = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.medium.running", Unit: "{thread}",
		Description: "Periodic medium-priority threads that are running.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_medium_running"},
	})

	PeriodicThreadsMediumActive = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.medium.active", Unit: "{thread}",
		Description: "Periodic medium-priority threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_medium_active"},
	})

	PeriodicThreadsLowTotal = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.low.total", Unit: "{thread}",
		Description: "Periodic low-priority threads registered.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_low_total"},
	})

	PeriodicThreadsLowRunning = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.low.running", Unit: "{thread}",
		Description: "Periodic low-priority threads that are running.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_low_running"},
	})

	PeriodicThreadsLowActive = threads.observableGauge(Metric{
		Name: "lmcache.periodic_threads.low.active", Unit: "{thread}",
		Description: "Periodic low-priority threads that made progress within their expected interval.",
		FedBy:       "Observe",
		LMCache:     Exposition{Name: "lmcache:periodic_threads_low_active"},
	})
)
